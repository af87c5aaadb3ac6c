from dataclasses import replace
from typing import Any
import aiosmtplib, pytest
from sqlalchemy import text
from classes import found_school, prefer, PATH
from core.errors import Unavailable
from core.actor import Role
from adapters.smtp.refusals import refusal
from modules.community.domain.groups import MemberRole
from entrypoints.worker.loop import dispatcher, jobs
from entrypoints.worker.schedule import Schedule

class Fake:
    def __init__(self, bad): self.bad, self.sent, self.tried = bad, [], 0
    async def close(self): ...
    async def send(self, letter):
        self.tried += 1
        if letter.to in self.bad: raise Unavailable("452 full")
        self.sent.append(letter.to)

async def more(world, user, count):
    async with world.house.database.transaction() as t:
        n = await t.scalar(text("SELECT max(id) FROM notices"))
        for i in range(count):
            await t.execute(text("INSERT INTO notices (cause, notification_type, variant, audience, words, spread_to, is_spread, created_at, community_id, actor_id, post_id, link_id) SELECT :c, 'new_post','',audience,words,0,true,created_at,community_id,actor_id,post_id,link_id FROM notices WHERE id=:n"), {"c": f"zz-{i}", "n": n})
        await t.execute(text("INSERT INTO notifications (notice_id, recipient_id, in_app, created_at, email_due_at) SELECT notices.id, :r, true, notices.created_at, (SELECT email_due_at FROM notifications WHERE recipient_id=:r AND email_due_at IS NOT NULL LIMIT 1) FROM notices WHERE cause LIKE 'zz-%'"), {"r": user})

async def test_1_starve(world):
    s = await found_school(world)
    await world.confirm(s.asha, s.ravi)
    await prefer(s.ravi, email_frequency="instant"); await prefer(s.asha, email_frequency="instant")
    await world.settle()
    await s.write(s.host); await world.settle()
    await more(world, s.ravi.id, 1100)
    async with world.house.database.transaction() as t:
        await t.execute(text("DELETE FROM notifications WHERE recipient_id NOT IN (:a,:b)"), {"a": s.asha.id, "b": s.ravi.id})
        await t.execute(text("UPDATE notifications SET email_due_at = (SELECT max(created_at) FROM notifications) WHERE recipient_id=:b"), {"b": s.ravi.id})
    fake = Fake({s.ravi.email}); b = replace(world.house.workflows.batching, transport=fake)
    world.clock.advance(minutes=3)
    for i in range(120):
        await b.send_due(); world.clock.advance(seconds=30)
    print("STARVE tried", fake.tried, "sent", fake.sent)

async def test_2_poison_mail_and_push(world):
    s = await found_school(world)
    await world.confirm(s.asha, s.ravi)
    for p in (s.ravi, s.asha):
        await prefer(p, email_frequency="instant", types=[{"notification_type": "new_post", "push": True}])
        await p.post(f"{PATH}devices/", {"token": f"t{p.id}", "platform": "android"})
    await world.settle()
    await s.write(s.asha); await world.settle()   # to ravi
    async with world.house.database.transaction() as t:
        await t.execute(text("UPDATE notices SET notification_type='brand_new' WHERE notification_type='new_post'"))
        await t.execute(text("UPDATE notifications SET push_due_at = created_at WHERE recipient_id=:b"), {"b": s.ravi.id})
    world.clock.advance(seconds=10)
    await s.write(s.ravi)
    fake = Fake(set()); b = replace(world.house.workflows.batching, transport=fake)
    world.clock.advance(minutes=3)
    try: await world.settle()
    except Exception as e: print("settle", type(e))
    out = []
    for i in range(5):
        for n, f in (("mail", b.send_due), ("push", world.house.workflows.pushing.send_due)):
            try: await f(); out.append(n + " ok")
            except Exception as e: out.append(f"{n} {type(e).__name__}")
        world.clock.advance(minutes=6)
    print("POISON", out, "sent", fake.sent, "asha pushes", len(await world.sandbox.pushes(s.asha.id)))
    r = await s.ravi.get(PATH); print("LIST", r.status_code)

async def test_3_notifier(world):
    from entrypoints.ws.notifier import Notifier
    from modules.notifications.live import Arrived
    s = await found_school(world)
    await s.write(s.asha); await world.settle(); await s.write(s.asha); await world.settle()
    async with world.house.database.transaction() as t:
        rows = (await t.rows(text("SELECT id FROM notifications WHERE recipient_id=:b ORDER BY id"), {"b": s.ravi.id}))
        await t.execute(text("UPDATE notices SET notification_type='brand_new' WHERE id=(SELECT notice_id FROM notifications WHERE id=:i)"), {"i": rows[0][0]})
    class Feed:
        heard=[]
        def notify(self, n): self.heard.append(n)
        def follow(self, n): self.heard.append(n)
    n = Notifier(world.house, {s.ravi.id: Feed()})
    for r in rows:
        n._expect([(s.ravi.id, r[0])])
        try: await n._tell()
        except Exception as e: print("NOTIFIER", type(e).__name__, "stuck", len(n._arrived))
    print("NOTIFIER heard", len(Feed.heard))

async def test_4_slots(world):
    s = await found_school(world)
    await world.confirm(s.ravi); await prefer(s.ravi, email_frequency="instant")
    await world.settle(); await s.write(s.asha); await world.settle()
    async def away(): raise Unavailable("smtp away")
    js = jobs(world.house); from datetime import timedelta; from entrypoints.worker.schedule import Job
    js = {"mail_notifications": Job(timedelta(seconds=30), away)}
    sch = Schedule(world.house.outbox, world.clock, js)
    from entrypoints.worker.dispatcher import Dispatcher
    d = Dispatcher(world.house.outbox, world.house.database.reactions.named(), {n: j.run for n, j in js.items()}, world.house.database.transaction)
    print("OUTSIDE?", "schedule.mail_notifications" in d._outside)
    runs = []
    for i in range(240):
        await sch.tick(); runs.append(await d.drain()); world.clock.advance(seconds=30)
    print("SLOTS waiting", await world.count("outbox", "reaction='schedule.mail_notifications' AND done_at IS NULL AND dead_at IS NULL"), "runs/30s after 1h, 2h", sum(runs[110:120])/10, sum(runs[-10:])/10)

def test_5_refusals():
    print("REF", repr(refusal(aiosmtplib.SMTPRecipientRefused(550, "5.4.5 Daily user sending limit exceeded", "x@y"))), repr(refusal(aiosmtplib.SMTPSenderRefused(530, "5.7.0 Authentication required", "a@b"))), repr(refusal(aiosmtplib.SMTPRecipientRefused(554, "5.3.2 system not accepting messages", "x@y"))))

async def test_6_demoted(world):
    s = await found_school(world)
    post = await s.write(s.asha, "Secret words")
    await s.write(s.asha, "x")
    for p in (s.ravi,):
        r = await p.post(f"/api/community/posts/{post}/flag/", {"reason": "spam"}); print(r.status_code, r.text[:100])
    print("host told", [(o["title"], o["message"]) for o in await s.told(s.host)])
    await world.house.workflows.hosting.set_role(s.host.actor, s.id, s.moderator.id, MemberRole.MEMBER)
    async with world.house.database.transaction() as t:
        await t.execute(text("UPDATE users SET role='student' WHERE id=:i"), {"i": s.host.id})
        await t.execute(text("UPDATE community_posts SET flagged_review=true, content='Newer secret' WHERE id=:i"), {"i": post})
    print("PLACE host", (await s.host.get(f"/api/community/posts/{post}/")).status_code, "mod", (await s.moderator.get(f"/api/community/posts/{post}/")).status_code)
    print("HOST reads", [(o["title"], o["message"]) for o in await s.told(s.host)])
    print("MOD reads", [(o["title"], o["message"]) for o in await s.told(s.moderator)])
    post2 = await s.write(s.asha, "Third secret")
    await s.ravi.post(f"/api/community/posts/{post2}/flag/", {"reason": "spam"})
    print("HOST after demotion is told", [(o["title"], o["message"]) for o in await s.told(s.host)])
