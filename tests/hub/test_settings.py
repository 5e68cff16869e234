"""What an operator may get wrong about the Hub is said in one line, without the secret."""

import os
import subprocess
import sys

import pytest
from pydantic import SecretStr, ValidationError

from collinear.settings import Settings


@pytest.mark.parametrize(
    "token",
    ["hf_SECRET\n", " hf_SECRET", "hf_SEC RET", "hf_SECRÉT", "hf_SECRET\u200b", "\x00", " "],
)
def test_a_token_is_one_word(token: str) -> None:
    """A line end that came along, a blank, a letter that no header can carry."""
    with pytest.raises(ValidationError, match="must be one word") as failed:
        Settings(_env_file=None, hf_token=SecretStr(token))

    assert "SEC" not in str(failed.value)


def test_a_whole_token_and_none_are_fine() -> None:
    assert Settings(_env_file=None, hf_token=SecretStr("hf_Abc-12_3")).hf_token is not None
    assert Settings(_env_file=None, hf_token=None).hf_token is None


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("HF_TOKEN", "hf_secret\n", "HF_TOKEN is wrong: must be one word of ASCII letters"),
        ("HF_TOKEN", "hf_secrét", "HF_TOKEN is wrong: must be one word of ASCII letters"),
        ("COLLINEAR_INVALID_TOKEN", "hf_secret", "COLLINEAR_INVALID_TOKEN is wrong: input should"),
        ("HF_ENDPOINT", "huggingface.co", "must be an address such as https://huggingface.co"),
    ],
)
def test_a_command_says_it_in_one_line(name: str, value: str, line: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "collinear", "worker"],
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert line in done.stderr
    assert "secr" not in done.stderr + done.stdout
