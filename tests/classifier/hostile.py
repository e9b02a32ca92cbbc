"""Texts that break careless programs."""

from __future__ import annotations

HOSTILE_TEXTS: dict[str, str] = {
    "empty": "",
    "spaces": "   ",
    "line breaks and tabs": "\n\t\r\n\v\f",
    "no-break and zero-width spaces": "\u00a0\u200b\u2060\ufeff",
    "emoji": "😭🤮🚑",
    "family emoji with joiners": "👨\u200d👩\u200d👧\u200d👦" * 50,
    "NUL": "hello\x00there\x00",
    "control characters": "".join(map(chr, range(32))) + "\x7f\x80\x9f",
    "lone high surrogate": "my tooth \ud83d hurts",
    "lone low surrogate": "\ude00",
    "surrogates the wrong way round": "\ude00\ud83d",
    "right-to-left override": "\u202egnp.exe",
    "stacked combining marks": "e" + "\u0301" * 5000,
    "expanding ligature": "\ufdfa" * 500,
    "100,000 characters of words": "filler " * 14285,
    "100,000 characters without a space": "a" * 100_000,
    "100,000 spaces": " " * 100_000,
    "100,000 full stops": "." * 100_000,
    "100,000 emoji": "👍" * 100_000,
    "only punctuation": "?!.,;:'\"()[]{}<>" * 20,
    "special tokens": "[CLS] [SEP] [PAD] [MASK] [UNK]",
    "braces and percent signs": "{0} {name} %s %(x)s ${y}",
    "Chinese": "我牙疼怎么办",
    "Arabic": "هل عندكم طبيبة أنثى؟",
}
