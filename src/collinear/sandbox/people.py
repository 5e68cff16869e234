"""`/api/whoami-v2`: who the token belongs to."""

from collinear.sandbox import answers
from collinear.sandbox.answers import Answer
from collinear.sandbox.callers import Caller
from collinear.sandbox.fill import digest


def whoami(caller: Caller) -> Answer:
    """The user behind the token; 401 without one."""
    if caller.user is None:
        return answers.refusal(401, "Invalid username or password.")
    return answers.json(
        {
            "type": "user",
            "id": digest("user", caller.user).hex()[:24],
            "name": caller.user,
            "fullname": caller.user.replace("-", " ").title(),
            "isPro": False,
            "orgs": [],
            "auth": {
                "type": "access_token",
                "accessToken": {"displayName": "sandbox", "role": "read"},
            },
        }
    )
