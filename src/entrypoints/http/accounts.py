"""/api/accounts/: registering, logging in, one's own account."""

from typing import Any

from litestar import delete, get, patch, post
from litestar.params import JSONBody
from msgspec import UNSET, Struct, UnsetType

from entrypoints.http.calls import Call, caller, do, expected_version, given, house, once
from entrypoints.http.policy import Policy, address, demand
from entrypoints.http.uploads import PICTURE_BODY, one_file
from entrypoints.http.wire import UserInfo, user_info
from modules.identity.logins import Tokens

QUARTER_HOUR, HOUR = 900, 3600


class RegisterBody(Struct, frozen=True, forbid_unknown_fields=True):
    username: str
    email: str
    password: str
    full_name: str = ""
    mobile_number: str | None = None


class LoginBody(Struct, frozen=True, forbid_unknown_fields=True):
    email: str
    password: str


class RefreshBody(Struct, frozen=True, forbid_unknown_fields=True):
    refresh_token: str


class TokensInfo(Struct, frozen=True):
    """`expires_in` in seconds, of the access token."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    user_info: UserInfo


class TicketInfo(Struct, frozen=True):
    ticket: str
    expires_in: int


class ProfileChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays. The rest of UserInfo may be sent back and is ignored."""

    username: str | UnsetType = UNSET
    full_name: str | UnsetType = UNSET
    mobile_number: str | UnsetType | None = UNSET
    id: Any = UNSET
    email: Any = UNSET
    role: Any = UNSET
    profile_image: Any = UNSET
    is_active: Any = UNSET
    email_verified_at: Any = UNSET
    created_at: Any = UNSET
    version: Any = UNSET


class PasswordBody(Struct, frozen=True, forbid_unknown_fields=True):
    password: str


@post("/register/", policy=Policy.ANYONE, once=True)
async def register(request: Call, data: JSONBody[RegisterBody]) -> UserInfo:
    """Create a student's account; a code that verifies the address is mailed."""
    h = house(request)
    await demand(h, "register", address(request), most=h.settings.limit_register, seconds=HOUR)
    user = await do(request).registration.register(
        username=data.username,
        email=data.email,
        password=data.password,
        full_name=data.full_name,
        mobile_number=data.mobile_number,
        once=await once(request, "register", data.email.strip().lower()),
    )
    return user_info(request, user)


@post("/login/", policy=Policy.ANYONE, status_code=200)
async def login(request: Call, data: JSONBody[LoginBody]) -> TokensInfo:
    """Open a session on this device (named by its User-Agent)."""
    h, who = house(request), address(request)
    await demand(h, "login-address", who, most=h.settings.limit_login_address, seconds=QUARTER_HOUR)
    await demand(h, "login", f"{data.email.strip().lower()}|{who}", most=h.settings.limit_login, seconds=QUARTER_HOUR)
    device = request.headers.get("user-agent", "")
    return _tokens(request, await do(request).logins.login(data.email, data.password, device=device))


@post("/token/refresh/", policy=Policy.ANYONE, status_code=200)
async def refresh(request: Call, data: JSONBody[RefreshBody]) -> TokensInfo:
    """Exchange a refresh token. If the answer is lost, the same call gives the same tokens again."""
    return _tokens(request, await do(request).logins.refresh(data.refresh_token))


@post("/logout/", policy=Policy.USER, status_code=204)
async def logout(request: Call) -> None:
    """End this login."""
    await do(request).logins.logout(caller(request))


@post("/logout-all/", policy=Policy.USER, status_code=204)
async def logout_all(request: Call) -> None:
    """End the logins on all devices, this one too."""
    await do(request).logins.logout_all(caller(request))


@post("/ws-ticket/", policy=Policy.USER, status_code=201)
async def ws_ticket(request: Call) -> TicketInfo:
    """A ticket that opens one socket within 30 seconds."""
    return TicketInfo(await do(request).authentication.issue_ticket(caller(request)), 30)


@get("/me/", policy=Policy.USER)
async def me(request: Call) -> UserInfo:
    """One's own account."""
    user = await do(request).people.user(caller(request).user_id)
    if user is None:
        raise LookupError("the signed-in user is gone")
    return user_info(request, user)


@patch("/me/", policy=Policy.USER)
async def edit_me(request: Call, data: JSONBody[ProfileChanges]) -> UserInfo:
    """Change username, full_name or mobile_number."""
    changes = given(data, "username", "full_name", "mobile_number")
    user = await do(request).profiles.edit(caller(request), changes, version=expected_version(request))
    return user_info(request, user)


@post("/me/profile-image/", policy=Policy.USER, takes_file=True, status_code=200, request_max_body_size=PICTURE_BODY)
async def set_image(request: Call) -> UserInfo:
    """Replace the profile image (multipart field `file`; JPEG, PNG or WebP up to 5 MiB)."""
    file = await one_file(request)
    return user_info(request, await do(request).profiles.set_image(caller(request), await file.read()))


@delete("/me/profile-image/", policy=Policy.USER, status_code=200)
async def remove_image(request: Call) -> UserInfo:
    """Take the profile image away."""
    return user_info(request, await do(request).profiles.set_image(caller(request), None))


@delete("/me/", policy=Policy.USER, status_code=204)
async def erase_me(request: Call, data: JSONBody[PasswordBody]) -> None:
    """Delete the account for good. Payments are kept without a name, as tax law demands."""
    await do(request).profiles.erase(caller(request), password=data.password)


@get("/me/export/", policy=Policy.USER)
async def export_me(request: Call) -> dict[str, Any]:
    """Everything that is held about oneself, table by table."""
    return await do(request).people.export(caller(request).user_id)


def _tokens(request: Call, tokens: Tokens) -> TokensInfo:
    info = user_info(request, tokens.user)
    return TokensInfo(tokens.access_token, tokens.refresh_token, "Bearer", tokens.expires_in, info)


HANDLERS = [
    register, login, refresh, logout, logout_all, ws_ticket, me, edit_me, set_image, remove_image, erase_me, export_me,
]  # fmt: skip
