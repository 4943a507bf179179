"""Conversations as token ids, with how much each token counts in the loss.

A conversation is written by the model's own chat template, cut where the assistant's turns begin and end, and
each piece is turned into ids by itself. So no token ever straddles the line between what is asked and what is
answered, and the ids of a prompt are the same when training and when answering.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from jinja2 import TemplateError

from ..errors import DataError, ModelError, reason_of
from ..language import _
from .conversation import ANSWERER, Conversation, Message, PlainText, with_system
from .row import Row, Tools

__all__ = [
    "DEFAULT_TEMPLATE",
    "DEFAULT_STOP",
    "Learn",
    "check_tokenizer",
    "encode_conversation",
    "encode_plain",
    "prompt_ids",
    "written",
]

Learn: TypeAlias = Literal["answers", "last", "all"]

#: For models without a chat template: who speaks, a colon, what is said; an answer ends with the end token.
DEFAULT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ message['role'] | capitalize }}: {{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)

#: A model that was never taught to end its answer goes on with what the other one says.
DEFAULT_STOP = "\nUser:"


def encode_conversation(example: Conversation, tools: Tools, learn: Learn) -> Row:
    """A conversation with the counts of its tokens.

    Args:
        learn: which tokens count: those of all turns of the assistant (``answers``), of the last one
            (``last``), or of the whole conversation (``all``). What a turn's weight says applies to the first
            two.

    Raises:
        DataError: the chat template refuses the conversation, or does not let the turns be told apart.
    """
    where = str(example.where)
    messages = with_system(example.messages, tools.system)
    whole = written(messages, example.tools, tools, where)
    spans = _answers(messages, example.tools, tools, whole, where)
    ids: list[int] = []
    counts: list[float] = []
    at = 0
    for place, start, end in spans:
        context, answer = _ids(whole[at:start], tools), _ids(whole[start:end], tools)
        last = place == spans[-1][0]
        stop = _stop(answer, tools)
        if stop is None and not last:
            raise DataError(
                _("the model's chat template does not say where the assistant's turns end."), where=where,
                fix=_("Set objective.learn=last, or take a model whose template ends each turn by a token."),
            )  # fmt: skip
        if stop is None:
            answer.append(tools.tokenizer.eos_token_id)
            stop = len(answer)
        weight = messages[place].weight if last or learn == "answers" else 0.0
        ids += [*context, *answer]
        counts += [0.0] * len(context) + [weight] * stop + [0.0] * (len(answer) - stop)
        at = end
    rest = _ids(whole[at:], tools)
    ids += rest
    counts += [0.0] * len(rest)
    return _row(ids, [1.0] * len(ids) if learn == "all" else counts, example.weight, tools)


def encode_plain(example: PlainText, tools: Tools) -> list[Row]:
    """A text that is learnt as a whole, with its end; in pieces where it is longer than the model reads."""
    ids = [*_ids(example.text, tools), tools.tokenizer.eos_token_id]
    size = tools.max_length - len(_begun([], tools))
    pieces = [ids[start : start + size] for start in range(0, len(ids), size)]
    if len(pieces) > 1 and len(pieces[-1]) == 1:  # nothing stands before it that could predict it
        pieces.pop()
    return [_row(piece, [1.0] * len(piece), example.weight, tools) for piece in pieces]


def prompt_ids(
    messages: Sequence[Message], tools: Tools, functions: Sequence[Mapping[str, Any]] = ()
) -> list[int]:
    """The ids after which the assistant's next turn is generated: those that training saw there.

    Raises DataError as :func:`encode_conversation` does.
    """
    messages = with_system(messages, tools.system)
    asked = written(messages, functions, tools, "", asks=True)
    ids: list[int] = []
    at = 0
    for _place, start, end in _answers(messages, functions, tools, asked, ""):
        ids += [*_ids(asked[at:start], tools), *_ids(asked[start:end], tools)]
        at = end
    return _begun([*ids, *_ids(asked[at:], tools)], tools)


def check_tokenizer(tools: Tools, name: str) -> None:
    """Raises ModelError where pieces that are turned into ids apart do not make the text that they are of."""
    pieces = ("One two\n", "three: 4", ", five.")
    ids = [number for piece in pieces for number in _ids(piece, tools)]
    if tools.tokenizer.decode(ids, clean_up_tokenization_spaces=False) != "".join(pieces):
        raise ModelError(
            _(
                "the tokenizer of {name} changes texts that are cut in pieces, so chats cannot be learnt."
            ).format(name=name)
        )


def _answers(
    messages: Sequence[Message], functions: Sequence[Mapping[str, Any]], tools: Tools, whole: str, where: str
) -> list[tuple[int, int, int]]:
    """Place of each turn of the assistant, and where it begins and ends in ``whole``."""
    found: list[tuple[int, int, int]] = []
    for place, message in enumerate(messages):
        if message.role != ANSWERER:
            continue
        before = written(messages[:place], functions, tools, where, asks=True)
        after = written(messages[: place + 1], functions, tools, where)
        if not (whole.startswith(after) and after.startswith(before)):
            raise DataError(
                _("the model's chat template writes a turn in another way once other turns follow."),
                where=where,
                fix=_("Give conversations of one question and one answer each."),
            )
        found.append((place, len(before), len(after)))
    return found


def written(
    messages: Sequence[Message],
    functions: Sequence[Mapping[str, Any]],
    tools: Tools,
    where: str,
    *,
    asks: bool = False,
) -> str:
    """The conversation as the template writes it; ``asks``: up to where the assistant is to go on."""
    if not messages:
        return ""
    try:
        written: str = tools.tokenizer.apply_chat_template(
            [message.plain() for message in messages],
            tools=list(functions) or None,
            tokenize=False,
            add_generation_prompt=asks,
        )
    except (TemplateError, TypeError, ValueError) as error:
        raise DataError(
            _("the model's chat template does not take this conversation ({reason}).").format(
                reason=reason_of(error)
            ),
            where=where,
        ) from error
    return written


def _ids(text: str, tools: Tools) -> list[int]:
    found: list[int] = tools.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    return found


def _stop(ids: Sequence[int], tools: Tools) -> int | None:
    """How many ids there are up to the last end token, with it; None where there is none."""
    end = tools.tokenizer.eos_token_id
    return next((len(ids) - back for back, number in enumerate(reversed(ids)) if number == end), None)


def _begun(ids: list[int], tools: Tools) -> list[int]:
    """With the begin token in front where the tokenizer puts one and the template has not: always once."""
    begin = tools.tokenizer.bos_token_id
    wanted = tools.tokenizer("", verbose=False)["input_ids"][:1] == [begin]
    return [begin, *ids] if wanted and ids[:1] != [begin] else ids


def _row(ids: list[int], counts: list[float], weight: float, tools: Tools) -> Row:
    begun = _begun(ids, tools)
    # Nothing predicts the first token.
    counts = [0.0] * (len(begun) - len(ids)) + counts
    counts[:1] = [0.0] * len(counts[:1])
    kept = tools.max_length
    return Row(
        ids=tuple(begun[:kept]),
        counts=tuple(counts[:kept]),
        weight=weight,
        cut=max(0, len(begun) - kept),
        lost=sum(count > 0 for count in counts[kept:]),
    )
