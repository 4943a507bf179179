"""A conversation with a language model, turn after turn."""

from __future__ import annotations

from collections.abc import Callable

from ..data.chat import check_tokenizer, prompt_ids
from ..data.conversation import ANSWERER, Message
from ..data.row import Tools
from ..errors import DataError
from ..language import _
from ..models.generate import Generate, generate
from ..models.language_model import LanguageModel
from ..models.load import Model, load
from ..models.probe import tune_process

__all__ = ["Chat"]

#: Where a model does not say how many tokens it can read.
_CONTEXT = 2048


class Chat:
    """Keeps what was said, and answers with it in mind.

    Args:
        model: a name of the catalogue, a folder, a GGUF file or a hub id.
        system: what the model is told before everything else.
        settings: how answers are generated.
        seed: of the draws, when the temperature is above 0; every turn draws anew.

    Raises:
        ModelError: the model cannot be found, is damaged, or does not generate text.
    """

    def __init__(
        self, model: str, *, system: str | None = None, settings: Generate | None = None, seed: int = 0
    ) -> None:
        tune_process()
        loaded = load(Model(name=model), generates=True)
        self._network = LanguageModel(loaded.whole)
        self._network.requires_grad_(False)
        self._context = getattr(loaded.whole.config, "max_position_embeddings", None) or _CONTEXT
        self._tools = Tools(loaded.tokenizer, (), self._context)
        check_tokenizer(self._tools, loaded.name)
        self._settings = settings or Generate()
        self._seed = seed
        self._start = [] if system is None else [Message("system", system)]
        self._said: list[Message] = []

    @property
    def messages(self) -> tuple[Message, ...]:
        """What was said so far, as far as it still fits into what the model can read."""
        return (*self._start, *self._said)

    def ask(self, text: str, listen: Callable[[str], None] | None = None) -> str:
        """The model's answer to ``text``.

        When the conversation has grown too long for the model, its oldest turns are forgotten.

        Args:
            listen: told each piece of the answer as it is generated.

        Raises:
            DataError: the text alone is too long, or the chat template does not take the conversation.
        """
        asked = Message("user", text)
        room = self._context - self._settings.max_tokens
        while len(ids := prompt_ids([*self.messages, asked], self._tools)) > room:
            if not self._said:
                raise DataError(
                    _("this is too long: {count} tokens, and there is room for {room}.").format(
                        count=len(ids), room=max(0, room)
                    ),
                    fix=_("Shorten it, or allow fewer tokens for the answer."),
                )
            del self._said[:2]
        seed = self._seed + len(self._said) // 2
        answer = generate(self._network, self._tools.tokenizer, [ids], self._settings, seed, listen)[0]
        self._said += [asked, Message(ANSWERER, answer)]
        return answer

    def forget(self) -> None:
        """Begins anew."""
        self._said.clear()
