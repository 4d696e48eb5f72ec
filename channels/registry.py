"""How each channel is written to: the one place that knows them all."""

from collections.abc import Callable, Mapping, Sequence

from channels import chat, sms
from channels.base import Body
from flows.events import Channel, Prompt
from flows.wording import Wording

Render = Callable[[Sequence[Prompt], str, Wording], tuple[Body, ...]]

RENDER: Mapping[Channel, Render] = {  # a call is spoken (voice.py); what is written after it is a text message
    Channel.SMS: sms.render,
    Channel.VOICE: sms.render,
    Channel.WHATSAPP: chat.render_list,
    Channel.TELEGRAM: chat.render_buttons,
}
OWN_WORDS: Mapping[Channel, Callable[[str], Body]] = {
    Channel.SMS: sms.body,
    Channel.VOICE: sms.body,
    Channel.WHATSAPP: chat.body,
    Channel.TELEGRAM: chat.body,
}
