"""Access tokens as JWTs, by PyJWT."""

import jwt
from msgspec import Struct

from core.clock import Clock
from modules.identity.domain import InvalidToken, TokenExpired
from modules.identity.ports import Claims

ALGORITHM = "HS256"
TYPE = "at+jwt"  # RFC 9068: nothing else that we sign passes for an access token
ISSUER = AUDIENCE = "shala"
LEEWAY_S = 30
CACHED = 10_000


class SigningKey(Struct, frozen=True):
    kid: str
    secret: str


class JwtAccessTokens:
    """HS256 with the key named by `kid`; algorithm, type, issuer, audience and times are all checked.

    Verified claims are remembered by the token itself until it expires: signatures are the costly part, and whether the
    login still stands is asked of the database at each request anyway.
    """

    def __init__(
        self, key: SigningKey, clock: Clock, *, lifetime: int = 900, previous: SigningKey | None = None
    ) -> None:
        self.lifetime = lifetime
        self._key = key
        self._clock = clock
        self._secrets = {k.kid: k.secret for k in (key, previous) if k is not None}
        self._verified: dict[str, Claims] = {}

    def issue(self, *, user_id: int, session_id: int, token_version: int) -> str:
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": session_id,
            "ver": token_version,
            "iat": now,
            "exp": now + self.lifetime,
        }
        return jwt.encode(claims, self._key.secret, ALGORITHM, headers={"kid": self._key.kid, "typ": TYPE})

    def read(self, token: str) -> Claims:
        claims = self._verified.get(token)
        if claims is None:
            claims = self._verify(token)
            if len(self._verified) >= CACHED:
                self._verified.clear()
            self._verified[token] = claims
        if claims.expires_at + LEEWAY_S < self._clock.now().timestamp():
            self._verified.pop(token, None)
            raise TokenExpired
        return claims

    def _verify(self, token: str) -> Claims:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != TYPE or header.get("kid") not in self._secrets:
                raise InvalidToken
            payload = jwt.decode(
                token,
                self._secrets[header["kid"]],
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={
                    "require": ["exp", "iat", "iss", "aud", "sub", "sid", "ver"],
                    "enforce_minimum_key_length": True,
                    "verify_exp": False,  # judged by the injected clock, above
                    "verify_iat": False,
                },
            )
            return Claims(int(payload["sub"]), int(payload["sid"]), int(payload["ver"]), int(payload["exp"]))
        except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
            raise InvalidToken from error
