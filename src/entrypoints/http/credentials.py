"""/api/accounts/: passwords, e-mail addresses and devices."""

from datetime import datetime

from litestar import delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from entrypoints.http.calls import Call, caller, do, house
from entrypoints.http.policy import Policy, address, demand
from entrypoints.http.wire import UserInfo, user_info

QUARTER_HOUR, HOUR = 900, 3600


class PasswordChange(Struct, frozen=True, forbid_unknown_fields=True):
    current_password: str
    new_password: str


class AddressBody(Struct, frozen=True, forbid_unknown_fields=True):
    email: str


class PasswordReset(Struct, frozen=True, forbid_unknown_fields=True):
    email: str
    code: str
    new_password: str


class CodeBody(Struct, frozen=True, forbid_unknown_fields=True):
    code: str


class AddressChange(Struct, frozen=True, forbid_unknown_fields=True):
    email: str
    password: str


class DeviceInfo(Struct, frozen=True):
    id: int
    device: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    is_current: bool


class DeviceList(Struct, frozen=True):
    results: list[DeviceInfo]


async def _count(request: Call) -> None:
    """Count a try with a code or password of the caller's own account."""
    h = house(request)
    await demand(h, "codes-user", str(caller(request).user_id), most=h.settings.limit_codes, seconds=HOUR)


async def _count_typed(request: Call, email: str) -> None:
    """Count a try by somebody who is not signed in: from their address as logins are, and of the account they name."""
    h = house(request)
    await demand(h, "codes-client", address(request), most=h.settings.limit_login_address, seconds=QUARTER_HOUR)
    await demand(h, "codes-address", email.strip().lower(), most=h.settings.limit_codes, seconds=HOUR)


@post("/password/change/", policy=Policy.USER, status_code=204)
async def change_password(request: Call, data: JSONBody[PasswordChange]) -> None:
    """Set a new password; the logins on other devices end."""
    await _count(request)
    await do(request).passwords.change(caller(request), current=data.current_password, new=data.new_password)


@post("/password/forgot/", policy=Policy.ANYONE, status_code=204)
async def forgot_password(request: Call, data: JSONBody[AddressBody]) -> None:
    """Have a code mailed. The answer is the same whether an account has this address or not."""
    await _count_typed(request, data.email)
    await do(request).passwords.forgot(data.email)


@post("/password/reset/", policy=Policy.ANYONE, status_code=204)
async def reset_password(request: Call, data: JSONBody[PasswordReset]) -> None:
    """Set a new password with the mailed code; all logins end."""
    await _count_typed(request, data.email)
    await do(request).passwords.reset(email=data.email, code=data.code, new=data.new_password)


@post("/email/verify/", policy=Policy.USER, status_code=200)
async def verify_email(request: Call, data: JSONBody[CodeBody]) -> UserInfo:
    """Give back the code that was mailed last: the address is verified, or changed if that was asked for."""
    await _count(request)
    return user_info(request, await do(request).addresses.verify(caller(request), data.code))


@post("/email/resend/", policy=Policy.USER, status_code=204)
async def resend_code(request: Call) -> None:
    """Have the verification code mailed again, or a new one if a wrong one was given back."""
    await do(request).addresses.resend(caller(request))


@post("/email/change/", policy=Policy.USER, status_code=204)
async def change_email(request: Call, data: JSONBody[AddressChange]) -> None:
    """Have a code mailed to a new address; `email/verify/` completes the change."""
    await _count(request)
    await do(request).addresses.request_change(caller(request), email=data.email, password=data.password)


@get("/sessions/", policy=Policy.USER)
async def devices(request: Call) -> DeviceList:
    """Where one is logged in, the device used last first."""
    actor = caller(request)
    found = await do(request).people.devices(actor.user_id)
    return DeviceList(
        [
            DeviceInfo(d.id, d.device, d.created_at, d.last_used_at, d.expires_at, d.id == actor.session_id)
            for d in found
        ]
    )


@delete("/sessions/{session_id:int}/", policy=Policy.OWNER, status_code=204)
async def end_device(request: Call, session_id: FromPath[int]) -> None:
    """End the login on another device."""
    await do(request).logins.logout(caller(request), session_id=session_id)


HANDLERS = [
    change_password, forgot_password, reset_password, verify_email, resend_code, change_email, devices, end_device,
]  # fmt: skip
