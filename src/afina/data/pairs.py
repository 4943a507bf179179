"""Conversations for encoder-decoders: what is asked is read as one text, and its answer is written.

Models without a chat template are asked the question itself and nothing else. What ``task.system`` says
stands in front of it, as T5 expects its prefixes (Raffel et al. 2020). Of a longer conversation each turn is
a line::

    User: Where is my order?
    Assistant: Which one?
    User: The second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .chat import prompt_ids, written
from .conversation import ANSWERER, Conversation, Message, with_system
from .render import encode_texts
from .row import SourceTarget, Tools

__all__ = ["asked_ids", "encode_pair"]


def encode_pair(example: Conversation, tools: Tools) -> SourceTarget:
    """What comes before the last answer, and that answer with the token that ends it.

    Each of the two is cut at ``tools.max_length``. Nothing counts where the last turn is not the assistant's.

    Raises DataError where the model's chat template refuses the conversation.
    """
    last = example.messages[-1]
    answers = last.role == ANSWERER
    asked = with_system(example.messages[:-1] if answers else example.messages, tools.system)
    text = source_text(asked, tools, example.tools, str(example.where))
    ((source, cut),) = encode_texts([text], tools)
    target = _target(last.content, tools) if answers else ()
    kept = target[: tools.max_length]
    return SourceTarget(
        ids=source + kept,
        counts=(0.0,) * len(source) + (last.weight,) * len(kept),
        asked=len(source),
        weight=example.weight,
        cut=cut + len(target) - len(kept),
        lost=len(target) - len(kept) if last.weight > 0 else 0,
    )


def asked_ids(
    messages: Sequence[Message], tools: Tools, functions: Sequence[Mapping[str, Any]] = ()
) -> list[int]:
    """The ids that the next answer follows from, as training saw them: a prompt, or what an encoder reads.

    Raises DataError where the model's chat template refuses the conversation.
    """
    if tools.start is None:
        return prompt_ids(messages, tools, functions)
    text = source_text(with_system(messages, tools.system), tools, functions, "")
    return list(encode_texts([text], tools)[0][0])


def source_text(
    messages: Sequence[Message], tools: Tools, functions: Sequence[Mapping[str, Any]], where: str
) -> str:
    """What an encoder reads of the turns before an answer."""
    if tools.tokenizer.chat_template is not None:
        return written(messages, functions, tools, where, asks=True)
    told = [message.content for message in messages if message.role == "system"]
    turns = [message for message in messages if message.role != "system"]
    if len(turns) == 1:
        said = turns[0].content
    else:
        said = "\n".join(f"{message.role.capitalize()}: {message.content}" for message in turns)
    return "".join(part if part[-1:].isspace() else f"{part} " for part in told) + said


def _target(text: str, tools: Tools) -> tuple[int, ...]:
    """The ids of an answer, as the model's tokenizer writes labels, with one end token."""
    ids: list[int] = tools.tokenizer(text_target=text, verbose=False)["input_ids"]
    end = tools.tokenizer.eos_token_id
    return (*ids, end) if ids[-1:] != [end] else tuple(ids)
