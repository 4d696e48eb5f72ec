"""Settings from the environment; each one stands in docs/running.md, a test holds the two together."""

import re
from datetime import timedelta
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from channels.mail import Server, is_address, parse

_TEMPLATES = re.compile(r"[a-z]{2,3}=HX[0-9a-f]{32}(,[a-z]{2,3}=HX[0-9a-f]{32})*")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Settings(BaseSettings):
    """Everything an administrator can choose. Names in the environment: `INTAKE_` and the name in capitals."""

    model_config = SettingsConfigDict(env_prefix="INTAKE_", extra="ignore", frozen=True)

    database_url: str = ""  # "": SQLite in the data folder
    data_dir: Path = Path("var")
    public_url: str = "http://127.0.0.1:8000"
    keys_file: Path | None = None  # None: keys.json in the data folder
    demo: bool = False
    test: bool = False
    backup_key: str = ""  # an age1… public key: backups are encrypted to it
    metrics_token: SecretStr = SecretStr("")
    traces: str = Field(default="", validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")  # "http://collector:4318"

    twilio_account_sid: str = Field(default="", validation_alias="TWILIO_ACCOUNT_SID")
    twilio_auth_token: SecretStr = Field(default=SecretStr(""), validation_alias="TWILIO_AUTH_TOKEN")
    twilio_auth_token_2: SecretStr = Field(default=SecretStr(""), validation_alias="TWILIO_AUTH_TOKEN_2")
    twilio_shared_key: SecretStr = Field(default=SecretStr(""), validation_alias="TWILIO_SHARED_KEY")
    twilio_shared_key_2: SecretStr = Field(default=SecretStr(""), validation_alias="TWILIO_SHARED_KEY_2")
    twilio_api_base: str = ""  # another origin than Twilio's own, for tests

    whatsapp_templates: str = ""  # "nl=HX…,fr=HX…": the approved "there is an answer for you" of each language

    telegram_bot_token: SecretStr = Field(default=SecretStr(""), validation_alias="TELEGRAM_BOT_TOKEN")
    telegram_secret: SecretStr = SecretStr("")  # what Telegram sends along with each update; set by set-webhook
    telegram_name: str = ""  # of the bot, without @: families find it by a link
    telegram_api_base: str = ""  # another origin than Telegram's own, for tests

    smtp_url: SecretStr = SecretStr("")  # "smtps://user:password@host"; "": no e-mail goes out
    smtp_from: str = Field(
        default="", validate_default=True
    )  # "Lokaal Loket Gent <loket@gent.be>"; "": the user of the address above

    voice_command: str = ""  # says in an app what it reads on standard input: "espeak-ng -v {language} --stdout"

    second_factor: Literal["required", "optional"] = "required"  # at sign-in; never in the demonstration
    idle_minutes: float = Field(default=60, ge=1)  # after so long without doing anything somebody signs in again
    session_hours: float = Field(default=12, gt=0)  # after so long in any case
    trusted_proxies: str = "127.0.0.1"  # whose word on where a request comes from is taken: "10.0.0.5,10.1.0.0/16"

    export_rows: int = Field(default=20_000, ge=1)  # requests with names in one file from a page
    oidc_issuer: str = ""  # "https://…": colleagues sign in at their organisation (OpenID Connect)
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_scopes: str = "openid profile"
    oidc_claim_user: str = "preferred_username"  # what becomes the username; nobody may change it themselves there
    oidc_claim_role: str = ""  # "": the role stands here, with the account
    oidc_roles: str = ""  # "LoketBeheer=coordinator,LoketMedewerker=worker"
    oidc_claim_desk: str = ""  # "": the desks stand here, with the account
    oidc_desks: str = ""  # "Stad Gent=gent"; "": the claim says our short names
    oidc_accounts: Literal["match", "create"] = "match"  # whether whoever the provider lets in gets an account

    public_threshold: int = Field(default=5, ge=5)  # smaller counts are never published

    resume_hours: float = 12  # after so much silence nothing is taken as an answer
    answers_a_day: int = 500  # to one number or account; 0: as many as asked for
    answers_a_day_block: int = 20_000  # to a thousand numbers that follow one another; 0: as many as asked for
    expire_days: int = 30  # after so many silent days a conversation closes; its request stays

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("INTAKE_PUBLIC_URL must begin with https:// (or http:// when you try it out)")
        return url.rstrip("/")

    @field_validator("whatsapp_templates")
    @classmethod
    def _are_templates(cls, text: str) -> str:
        if text and not _TEMPLATES.fullmatch(text):
            raise ValueError("INTAKE_WHATSAPP_TEMPLATES is written as nl=HX…,fr=HX… (HX and 32 digits: the ContentSid)")
        return text

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value():
            parse(url.get_secret_value())
        return url

    @field_validator("smtp_from")
    @classmethod
    def _is_a_sender(cls, sender: str, info: ValidationInfo) -> str:
        """An address, which is the user of the server when none is given."""
        url = info.data.get("smtp_url", SecretStr("")).get_secret_value()
        sender = sender or (parse(url).user if url else "")
        if url and not is_address(parseaddr(sender)[1]):
            raise ValueError("set INTAKE_SMTP_FROM to the address that mails come from, as loket@gent.be")
        return sender

    @field_validator("database_url")
    @classmethod
    def _is_a_database_we_know(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("INTAKE_DATABASE_URL must begin with sqlite:/// or postgresql://")
        return url

    @property
    def is_https(self) -> bool:
        """Whether browsers and providers reach it over a line that nobody can listen in on."""
        return self.public_url.startswith("https://")

    @property
    def mail_server(self) -> Server | None:
        """Where mail goes; of a demonstration no further than this computer."""
        url = self.smtp_url.get_secret_value()
        server = parse(url) if url else None
        return None if server and self.demo and server.host not in LOOPBACK else server

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{(self.data_dir / 'intake.db').absolute()}"

    @property
    def needs_second_factor(self) -> bool:
        """Whether an account must set one up before it does anything."""
        return self.second_factor == "required" and not (self.demo or self.test)

    @field_validator("oidc_issuer")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        if url and not url.startswith("https://") and urlsplit(url).hostname not in LOOPBACK:
            raise ValueError("INTAKE_OIDC_ISSUER must begin with https://")
        return url.rstrip("/")

    @field_validator("oidc_roles", "oidc_desks")
    @classmethod
    def _is_a_table(cls, text: str) -> str:
        if text and not all(len(each.split("=")) == 2 for each in text.split(",")):
            raise ValueError("write it as what the provider says=what it is here, separated by commas")
        return text

    @property
    def idle(self) -> timedelta:
        return timedelta(minutes=self.idle_minutes)

    @property
    def lasts(self) -> timedelta:
        """A session, however busy."""
        return timedelta(hours=self.session_hours)

    @property
    def erased(self) -> Path:
        return self.data_dir / "erased.jsonl"

    @property
    def spool(self) -> Path:
        """Where webhooks wait while a database elsewhere is away."""
        return self.data_dir / "spool"

    @property
    def keys(self) -> Path:
        return self.keys_file or self.data_dir / "keys.json"

    @property
    def templates(self) -> dict[str, str]:
        """Language -> ContentSid."""
        return dict(each.split("=") for each in self.whatsapp_templates.split(",")) if self.whatsapp_templates else {}

    @property
    def twilio_tokens(self) -> tuple[str, ...]:
        """The tokens a webhook may be signed with: two while one is being replaced."""
        return _given(self.twilio_auth_token, self.twilio_auth_token_2)

    @property
    def twilio_shared_keys(self) -> tuple[str, ...]:
        """Keys made for signing alone, which may sign as well."""
        return _given(self.twilio_shared_key, self.twilio_shared_key_2)


@lru_cache(maxsize=8)  # every webhook asks
def _given(*secrets: SecretStr) -> tuple[str, ...]:
    return tuple(filter(None, (each.get_secret_value() for each in secrets)))
