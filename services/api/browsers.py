"""Pages of ours: signing in with the provider of people, and what a browser keeps for us."""

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from services.access.code_flow import CodeFlow
from services.access.signed import SignedIn
from services.access.tokens import SIGN_IN_SECONDS, InvalidToken
from services.api.desk import Desk


class Pages:
    """Those under one address: their cookies go nowhere else."""

    def __init__(self, prefix: str, session: str, sign_in: str) -> None:
        self._prefix = prefix
        self._session = session
        self._sign_in = sign_in

    def leave(self, request: Request, desk: Desk, **back: str) -> Response:
        """To the provider's page; `back`: what is known again after it. Raises InvalidToken."""
        leaving = self._flow(request, desk).leaving()
        answer = RedirectResponse(leaving.url, 303)
        what = {"state": leaving.state, "nonce": leaving.nonce, "verifier": leaving.verifier}
        self.keep(
            request, answer, self._sign_in, desk.tokens.remembered(what | back), SIGN_IN_SECONDS
        )
        return answer

    async def come_back(
        self, request: Request, desk: Desk, code: str, state: str
    ) -> tuple[SignedIn, dict[str, str]]:
        """Who came back, and what was to be known again. Raises InvalidToken."""
        kept = request.cookies.get(self._sign_in, "")
        remembered = desk.tokens.recalled(kept, state=state)
        flow = self._flow(request, desk)
        signed = await flow.back(code, remembered["nonce"], remembered["verifier"])
        return signed, remembered

    def let_in(self, request: Request, desk: Desk, signed: SignedIn, where: str) -> Response:
        """To that page, with a session; what was kept for signing in is forgotten."""
        answer = RedirectResponse(where, 303)
        seconds = 60 * desk.house.settings.session_minutes
        self.keep(request, answer, self._session, desk.tokens.session_for(signed), seconds)
        answer.delete_cookie(self._sign_in, path=self._prefix)
        return answer

    def keep(
        self, request: Request, answer: Response, name: str, value: str, seconds: float
    ) -> None:
        """A cookie no script reads."""
        settings = request.app.state.desk.house.settings
        secure = request.url.scheme == "https" or (settings.public_url or "").startswith("https")
        answer.set_cookie(
            name,
            value,
            max_age=int(seconds),
            path=self._prefix,
            secure=secure,
            httponly=True,
            samesite="lax",
        )

    def _flow(self, request: Request, desk: Desk) -> CodeFlow:
        """With the first provider one can sign in with. Raises InvalidToken where there is none."""
        for provider in desk.house.settings.oidc_providers:
            if provider.authorize_url is not None:
                back = f"{desk.address(request)}{self._prefix}/signed-in"
                return CodeFlow(provider, desk.tokens, back)
        raise InvalidToken
