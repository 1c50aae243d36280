"""What a scheme that keeps pixels leaves out of a picture: bits for envelopes, words for people."""

FRAMES, DEPTH, PROFILE, COLOURS = 1, 2, 4, 8
ALL = FRAMES | DEPTH | PROFILE | COLOURS

_WORDS = {
    FRAMES: "every frame or page but the first",
    DEPTH: "what is finer than 8 bits a channel",
    PROFILE: "the colour profile",
    COLOURS: "the original CMYK or Lab values, which become RGB",
}


def words_for(bits: int) -> tuple[str, ...]:
    """What was left out, one short phrase each, in a fixed order; nothing where all is kept."""
    return tuple(words for bit, words in _WORDS.items() if bits & bit)
