"""Who acts. Made once per request from the access token and the user's row, and handed to every use case."""

from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    STUDENT = "student"
    INSTRUCTOR = "instructor"
    ADMIN = "admin"


class Actor(Struct, frozen=True):
    user_id: int
    role: Role
    session_id: int

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN
