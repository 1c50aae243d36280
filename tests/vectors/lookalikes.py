"""Makes `exchange/lookalikes.txt`: `python tests/vectors/lookalikes.py confusables.txt`.

`confusables.txt` is Unicode's (https://www.unicode.org/Public/security/). Kept is what a name can
hold: letters, marks and digits that NFKC leaves alone; a code point that this Python does not
know yet is kept too. One line for each prototype: its code points, a colon, what looks like it.
"""

import sys
import unicodedata
from collections import defaultdict
from pathlib import Path

OUT = Path(__file__).parents[2] / "exchange" / "lookalikes.txt"
HEAD = """\
# Which characters look alike: Unicode 17.0.0, confusables.txt (UTS #39), as ICU 78 has it, less
# what no name can hold.
# Data (c) Unicode, Inc., https://www.unicode.org/license.txt; made by tests/vectors/lookalikes.py.
# PROTOTYPE: CHARACTERS THAT LOOK LIKE IT (hexadecimal)
"""


def possible(character):
    category = unicodedata.category(character)
    same = unicodedata.normalize("NFKC", character) == character
    return category == "Cn" or (category[0] in "LMN" and same)


def main(source):
    groups = defaultdict(list)
    for line in Path(source).read_text("utf-8-sig").splitlines():
        columns = [column.strip() for column in line.partition("#")[0].split(";")]
        if len(columns) == 3 and possible(chr(int(columns[0], 16))):
            groups[columns[1]].append(columns[0])
    lines = [f"{prototype}: {' '.join(sorted(all_))}\n" for prototype, all_ in groups.items()]
    OUT.write_text(HEAD + "".join(sorted(lines)), "ascii")


main(sys.argv[1])
