"""A conversation with a language model, turn after turn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..data.chat import check_tokenizer
from ..data.conversation import ANSWERER, Message, with_system
from ..data.pairs import asked_ids
from ..data.row import Tools
from ..errors import DataError, ModelError
from ..language import _
from ..models.generate import Generate, generate
from ..models.language_model import LanguageModel
from ..models.load import Model, load
from ..models.probe import tune_process
from ..models.seq2seq_model import Seq2SeqModel
from . import artifact
from .answerer import Answerer

__all__ = ["Chat"]

#: Where a model does not say how many tokens it can read.
_CONTEXT = 2048
_UNCUT = 1 << 30
#: Longest answer of a model that was not trained here, in tokens.
_LONGEST = 256


class Chat:
    """Keeps what was said, and answers with it in mind.

    Args:
        model: a run, a name of the catalogue, a folder, a GGUF file or a hub id.
        system: what the model is told before everything else; None for what a run was trained with.
        seed: of the draws, when the temperature is above 0; every turn draws anew.
        answers: how answers are generated (:class:`Generate`), where it differs from how a run was trained.

    Raises:
        ModelError: the model cannot be found, is damaged, or does not generate text.
        RecipeError: there is no such way of generating.
    """

    def __init__(self, model: str, *, system: str | None = None, seed: int = 0, **answers: Any) -> None:
        tune_process()
        settings = Generate(max_tokens=_LONGEST)
        self._model = model
        self._base_model: str | None = None
        if _is_trained(Path(model)):
            trained = artifact.load(model)
            if not isinstance(trained, Answerer):
                raise ModelError(
                    _("this model tells labels, and one that generates text is needed here."), where=model
                )
            self._base_model = trained.details["base_model"]
            self._network, tokenizer = trained.network, trained.tools.tokenizer
            system = trained.tools.system if system is None else system
            settings = trained.task.answers
        else:
            loaded = load(Model(name=model), head="causal")
            whole, tokenizer = loaded.whole, loaded.tokenizer
            self._network = LanguageModel(whole) if loaded.start is None else Seq2SeqModel(whole)
        self._network.requires_grad_(False)
        config = self._network.whole.config
        self._context = getattr(config, "max_position_embeddings", None) or _CONTEXT
        # Nothing is cut: of a conversation that is too long, the oldest turns go.
        self._tools = Tools(tokenizer, (), _UNCUT, start=getattr(self._network, "start", None))
        if self._tools.start is None:
            check_tokenizer(self._tools, model)
        self._settings = Generate.of({**settings.plain(), **answers})
        self._seed = seed
        self._system = system
        self._said: list[Message] = []

    @property
    def messages(self) -> tuple[Message, ...]:
        """What was said so far, as far as it still fits into what the model can read."""
        return with_system(self._said, self._system)

    def ask(self, text: str, listen: Callable[[str], None] | None = None) -> str:
        """The model's answer to ``text``.

        When the conversation has grown too long for the model, its oldest turns are forgotten.

        Args:
            listen: told each piece of the answer as it is generated.

        Raises:
            DataError: the text alone is too long, or the chat template does not take the conversation.
        """
        asked = Message("user", text)
        # An encoder-decoder writes its answer apart from what it reads.
        room = self._context - (self._settings.max_tokens if self._tools.start is None else 0)
        while len(ids := asked_ids([*self.messages, asked], self._tools)) > room:
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

    def base(self) -> Chat:
        """A chat with the model that a run began with, asked in the same way.

        Raises ModelError where the model was not trained here.
        """
        if self._base_model is None:
            raise ModelError(
                _("this model was not trained here, so there is nothing to show beside it."),
                where=self._model,
            )
        answers = self._settings.plain()
        return Chat(self._base_model, system=self._system, seed=self._seed, **answers)

    def forget(self) -> None:
        """Begins anew."""
        self._said.clear()


def _is_trained(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("report.json", "afina.json"))
