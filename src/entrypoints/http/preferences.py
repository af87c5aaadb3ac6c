"""/api/community/notifications/preferences/ and devices/: what one wants to be told, and where."""

from typing import Any

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from entrypoints.http.answers import Answer
from entrypoints.http.calls import Call, caller, do, given
from entrypoints.http.notifications_wire import (
    DeviceInfo,
    DeviceList,
    NewDevice,
    PreferenceChanges,
    PreferencesInfo,
    device_info,
    preferences_info,
)
from entrypoints.http.policy import Policy


@get("/notifications/preferences/", policy=Policy.USER)
async def preferences(request: Call) -> PreferencesInfo:
    """All that can be chosen, with every type and all groups that one is in."""
    return preferences_info(await do(request).notifications.centre(caller(request).user_id))


@patch("/notifications/preferences/", policy=Policy.USER)
async def edit_preferences(request: Call, data: JSONBody[PreferenceChanges]) -> PreferencesInfo:
    """What is not named stays. Either all of it is changed or, on an error, nothing."""
    own: dict[str, Any] = given(data, "language", "email_frequency")
    if data.quiet_hours is None:
        own |= {"quiet_start": None, "quiet_end": None}
    await do(request).preferring.change(
        caller(request),
        own=own,
        quiet_hours=data.quiet(),
        types=data.type_changes(),
        groups=data.group_changes(),
    )
    return await _centre(request)


@get("/notifications/devices/", policy=Policy.USER)
async def devices(request: Call) -> DeviceList:
    """Where pushes go: the devices whose login lasts."""
    found = await do(request).notifications.devices(caller(request).user_id)
    return DeviceList([device_info(one) for one in found])


@post("/notifications/devices/", policy=Policy.USER)
async def register_device(request: Call, data: JSONBody[NewDevice]) -> Response[DeviceInfo]:
    """Have pushes come to this device for as long as this login lasts: 201, or 200 if it was known. Send it again
    whenever the app starts or Firebase gives another token.
    """
    device, is_new = await do(request).preferring.register_device(caller(request), data.token, data.platform)
    return Answer(device_info(device), status_code=201 if is_new else 200)


@delete("/notifications/devices/{device_id:int}/", policy=Policy.OWNER, status_code=204)
async def forget_device(request: Call, device_id: FromPath[int]) -> None:
    """No pushes to this device any more."""
    await do(request).preferring.forget_device(caller(request), device_id)


async def _centre(request: Call) -> PreferencesInfo:
    return preferences_info(await do(request).notifications.centre(caller(request).user_id))


HANDLERS = [preferences, edit_preferences, devices, register_device, forget_device]
