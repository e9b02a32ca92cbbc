"""A practice's mailbox that email is fetched from by IMAP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from intake.errors import IntakeError
from intake.key_sources import read_private_file

FolderName = Annotated[str, Field(min_length=1, max_length=200)]


class Mailbox(BaseModel):
    """Where a practice's email waits: every email in the folder is taken, and moved away once it is stored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$", description="the IMAP server, reached by TLS")
    port: int = Field(default=993, ge=1, le=65535)
    user: str = Field(min_length=1, max_length=320)
    password_file: Path | None = Field(default=None, description="a file that only its owner can read")
    password_env: str | None = Field(default=None, pattern=r"^[A-Z_][A-Z0-9_]*$", description="or this variable")
    folder: FolderName = Field(default="INBOX", description="whose every email is taken")
    done_folder: FolderName = Field(default="Intake", description="where it is moved once it is stored")
    trusted_servers: list[str] = Field(default=[], description="whose Authentication-Results are believed")

    @model_validator(mode="after")
    def _has_one_password(self) -> Mailbox:
        if (self.password_file is None) == (self.password_env is None):
            raise ValueError("expected either password_file or password_env")
        return self

    @model_validator(mode="after")
    def _moves_somewhere(self) -> Mailbox:
        if self.folder.lower() == self.done_folder.lower():
            raise ValueError("expected a done_folder other than folder: what is stored must leave it")
        return self

    def read_password(self) -> str:
        """Return the password as it is now.

        Raises:
            IntakeError: the file or the variable has none. The message repeats nothing of it.
        """
        if self.password_file is not None:
            try:
                return read_private_file("password_file", self.password_file).rstrip("\r\n")
            except ValueError as error:
                raise IntakeError(f"mailbox: {error}") from None
        password = os.environ.get(self.password_env or "")
        if not password:
            raise IntakeError(f"mailbox: the environment variable {self.password_env} is not set")
        return password
