"""Nobody passes for another: which names are one name, and which are two people's."""

import itertools
import threading
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from exchange import Exchange, InputRefused, KeyChoice
from exchange.texts import (
    caption,
    channel_name,
    file_name,
    is_invisible,
    look_alike,
    name_key,
    person_name,
)
from tests.store.conftest import server_or_skip

ALICE = [
    "Alice", "alice", "ALICE", "aLiCe", "Al1ce", "AIice", "A1ice", "Аlice", "Αlice", "Aliсе",
    "Аlіcе", "А lice", "Ali ce", "Alice.", "A'lice", "Alʼice", "ᗅlice", "Ａｌｉｃｅ",
    "𝐀𝐥𝐢𝐜𝐞", "Alice\u3164", "Al\u034fice", "Alice\ufe0f", "\u115fAlice", "Alice\U000e0100", "Аӏісе",
    "Alice\u17b4", "Ali\u200dce", "\u202eAlice\u202c", "A\u00adlice", "Ꭺlice", "Aוice",
]  # fmt: skip

# Written as their owners write them: 22 scripts. No two of them may be taken for one.
REAL = {
    "Latin": "Anna Ben Carla Dario Élodie Zoe Zoë José Łukasz Þóra Đorđe Ñusta Ömür Çağla Ian Ida "
    "Ilka Jan Jana Lara Lena Mia Max Nina Noel Olga Pia Ray Sam Tom Uli Vera Willem Xenia Yara",
    "Cyrillic": "Анна Борис Вера Галина Дарья Ева Жанна Зоя Иван Лев Мария Нина Олег Павел Рита "
    "Світлана Тарас Юрій Яна Ћирић",
    "Greek": "Άννα Βασίλης Γιώργος Ελένη Ζωή Ηλίας Ιωάννα Μαρία Νίκος Σοφία Χρήστος",
    "Hebrew": "דני דן נועה יעל אורי שירה משה רות תמר",
    "Arabic": "محمد أحمد علي فاطمة ليلى نور يوسف عمر مريم",
    "Persian": "نیلوفر کیان پارسا مهدی‌یار گل‌اندام",
    "Devanagari": "अमित प्रिया राहुल सीता क्‍षमा श्रीकान्त",
    "Bengali": "অমিত রহিম শিরীন তৃষা",
    "Gurmukhi": "ਗੁਰਪ੍ਰੀਤ ਹਰਜੀਤ ਸਿਮਰਨ",
    "Gujarati": "અમિત હેતલ કિંજલ",
    "Tamil": "அருண் மீனா குமார் செல்வி",
    "Telugu": "అనిల్ లక్ష్మి రవి",
    "Kannada": "ಅನಿಲ್ ಲಕ್ಷ್ಮಿ ರವಿ",
    "Malayalam": "അനിൽ ലക്ഷ്മി രവി ജയൻ",
    "Sinhala": "නිමල් කුමාරි ශ්‍රියා",
    "Thai": "สมชาย สมศรี วิภา น้ำ",
    "Lao": "ສົມພອນ ຄຳ ແກ້ວ",
    "Khmer": "សុខា ចាន់ថា ធីតា",
    "Burmese": "အောင်အောင် ခင်ခင် မြမြ",
    "Chinese": "王芳 李伟 張偉 刘洋 陈静",
    "Japanese": "さくら ハルト 陽菜 ゆうき ユウキ",
    "Korean": "김민준 이서연 박지우 최",
    "Georgian": "ნინო გიორგი თამარ",
    "Armenian": "Անի Արամ Նարեկ",
    "Ethiopic": "ሰላም አበበ ማርታ",
}


def test_a_name_that_looks_like_alice_is_alice(open_room):
    room = open_room()
    room.sit("Alice", "receiver")
    for name, role in itertools.product(ALICE, ("sender", "interceptor", "receiver")):
        with pytest.raises(InputRefused, match=r"Someone here already has this name"):
            room.sit(name, role)
    assert [person.name for person in room.exchange.lobby.join(room.key).people] == ["Alice"]


def test_the_store_itself_recognises_most_of_them():
    """Its index is a second lock; what it takes for one name does look alike."""
    keys = {name: name_key(name) for name in [*ALICE, *" ".join(REAL.values()).split()]}
    assert list(keys.values()).count(keys["Alice"]) > 20
    for one, other in itertools.combinations(keys, 2):
        assert keys[one] != keys[other] or look_alike(one, other)


def test_looking_alike_has_no_first_and_second():
    for one, other in itertools.combinations(ALICE, 2):
        assert look_alike(one, other), (one, other)
        assert look_alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Carmen", "Carrnen"), ("O'Neil", "ONeil"), ("1א", "א1"), ("Ηeӏen", "HELEN"),
        ("Ηelen", "helen"), ("Bob 0", "ВОВ O"), ("paypal", "раураl"), ("Max", "Мах"),
        ("Ömer", "O\u0308mer"), ("Ömer", "О\u0308mer"), ("Alice.", "Alice٠"),
        ("Straße", "STRASSE"), ("Ελένη", "ΕΛΈΝΗ"), ("Lea", "lea"), ("Lea", "Ieа"),
    ],
)  # fmt: skip
def test_other_pairs_that_readers_mix_up(one, other):
    assert look_alike(one, other)
    assert look_alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Student 1", "Student 11"), ("Student 1", "Student 2"), ("טל 1", "טל 2"), ("A", "B"),
        ("طالب ١", "طالب ١٠"), ("Eve 1", "Eve 12"), ("Zoe", "Zoë"), ("Anna", "Ana"),
        ("Alice", "Alice B"), ("Alice A", "Alice B"), ("Van", "Nan"), ("Ray", "Yay"),
    ],
)  # fmt: skip
def test_two_people_stay_two(one, other):
    assert not look_alike(one, other)


@pytest.mark.parametrize("script", REAL)
def test_real_names_are_taken_as_they_are_written(script):
    for name in REAL[script].split():
        assert person_name(name) == unicodedata.normalize("NFKC", name)


def test_no_two_real_names_are_one():
    names = " ".join(REAL.values()).split()
    assert len(names) > 120
    mixed_up = [pair for pair in itertools.combinations(names, 2) if look_alike(*pair)]
    assert mixed_up == []


@given(st.characters(exclude_categories=["Cs"]), st.integers(0, 5))
def test_one_more_character_is_seen_refused_or_not_there(character, at):
    """Whatever Unicode offers, no second Alice looks like the first."""
    typed = "Alice"[:at] + character + "Alice"[at:]
    try:
        name = person_name(typed)
    except InputRefused:
        return
    assert not any(is_invisible(c) for c in name)
    visible = [c for c in unicodedata.normalize("NFKC", character) if c.isalnum() or ord(c) > 127]
    assert look_alike(name, "Alice") or visible


def test_no_default_ignorable_character_makes_another_name():
    """All 4174 of them, in a name, a channel's name and a file's name."""
    ranges = (
        "AD AD 34F 34F 61C 61C 115F 1160 17B4 17B5 180B 180F 200B 200F 202A 202E 2060 206F "
        "3164 3164 FE00 FE0F FEFF FEFF FFA0 FFA0 FFF0 FFF8 1BCA0 1BCA3 1D173 1D17A E0000 E0FFF"
    )
    ends = [int(code, 16) for code in ranges.split()]
    pairs = zip(ends[::2], ends[1::2], strict=True)
    every = [chr(code) for first, last in pairs for code in range(first, last + 1)]
    assert len(every) == 4174
    for character in every:
        assert person_name(f"Ali{character}ce{character}") == "Alice"
        assert channel_name(f"Ro{character}om") == "Room"
        assert caption(f"a{character}b") == "ab"
        assert file_name(f"a{character}b.png", ".png") == "ab.png"
        with pytest.raises(InputRefused):
            person_name(character * 3)


def test_what_is_left_when_the_invisible_is_dropped_is_composed():
    assert person_name("Zoe\u200b\u0308") == person_name("Zoë") == "Zoë"
    assert caption("e\u2060\u0301") == "é"


def test_joiners_stay_where_scripts_need_them():
    for text in ("می‌خواهم", "क्‍षमा", "ශ්‍රියා", "നന്‍"):
        assert "\u200c" in text or "\u200d" in text
    assert person_name("مهدی‌یار") == "مهدی‌یار"
    assert look_alike("مهدی‌یار", "مهدییار")
    assert caption("می‌خواهم") == "می‌خواهم"
    family, heart = "👩‍👩‍👧‍👦", "❤️‍🔥"
    assert caption(f"{family} {heart}") == f"{family} {heart}"
    assert caption("a\u200db\u200c c\ufe0f") == "ab c"


@pytest.mark.parametrize(
    "name",
    ["🌅 Strand", "👩‍👩‍👧‍👦", "❤️‍🔥", "👍🏽", "🇩🇪", "☀ und ★", "写真", "می‌خواهم", "\U0001fae9"],
)
def test_emoji_and_every_script_stay_in_a_files_name(name):
    assert file_name(f"{name}.png", ".png") == f"{name}.png"


@pytest.mark.parametrize(
    "name", ["a`b", "a<b", "a|b", "a*b", "a[b", "a\u2800b", "a\u202eb", "a\tb"]
)
def test_what_is_no_part_of_a_files_name_is_not_shown(name):
    assert file_name(f"{name}.png", ".png") in ("a_b.png", "ab.png")


@given(st.text(st.sampled_from("🌅写é\u0301a\u200d."), min_size=1, max_size=200))
def test_a_files_name_fits_every_disk(name):
    assume(name not in (".", ".."))  # a folder, not a name
    assert len(file_name(name, ".png").encode()) <= 255
    assert file_name(name, ".png").endswith(".png")


@pytest.mark.parametrize("name", ["\u0301Alice", "...", "- '", "\u2800", "\u0301\u0302", "\u200d"])
def test_a_name_begins_with_something_to_read(name):
    with pytest.raises(InputRefused):
        person_name(name)


def test_a_name_stays_taken_while_its_pictures_are_listed(room, png):
    room.send("Ada", png, "Bob")
    for name in ("Ada", "Bob", "Cy"):
        room.exchange.lobby.leave(room.seats[name])
    for name in ("Ada", "АDА", "Bob", "B0b"):
        for role in ("sender", "receiver"):
            with pytest.raises(InputRefused, match="last name"):
                room.sit(name, role)
    assert room.sit("Cy", "receiver").name == "Cy"
    assert room.sit("Ada B", "sender").name == "Ada B"


def test_a_seat_does_not_give_the_right_to_anyone_elses_name(open_room):
    """A person's own name in another role is fine; a second seat of one role under it is not."""
    room = open_room()
    own = [room.sit("Alice", "sender").token]
    assert room.sit("ALICE", "receiver", own_tokens=own).name == "ALICE"
    for role in ("sender", "receiver"):
        with pytest.raises(InputRefused):
            room.sit("Al1ce", role, own_tokens=own)
    stranger = open_room().sit("Alice", "interceptor").token
    with pytest.raises(InputRefused):
        room.sit("Alice", "interceptor", own_tokens=[stranger, "x" * 32, ""])


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """Where a store is, on either database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/race.db"
        return
    server = server_or_skip(durable=False)
    yield server.new_place("names")
    server.remove()


def test_only_one_of_many_look_alikes_comes_in(url, key_pool):
    exchange = Exchange.at(url, pepper=bytes(32))
    key = exchange.lobby.create_channel(name="", kind="private", keep_for="1 hour").key
    keys = KeyChoice("public", pem=key_pool[0].public.pem())
    start, answers = threading.Barrier(8), []

    def enter(name, role):
        start.wait(30)
        try:
            answers.append(exchange.lobby.take_seat(key, name=name, role=role, keys=keys).name)
        except InputRefused as error:
            answers.append(error)

    people = [
        threading.Thread(target=enter, args=(name, ("receiver", "interceptor")[number % 2]))
        for number, name in enumerate(ALICE[:8])
    ]
    for person in people:
        person.start()
    for person in people:
        person.join(60)
    assert len(answers) == 8
    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert len(exchange.lobby.join(key).people) == 1
    exchange.close()


def test_the_table_of_look_alikes_is_whole():
    """Letters whose prototypes are well known, from each part of the table."""
    pairs = ("0O", "1l", "Il", "аa", "ѕs", "ӏl", "օo", "ᗅA", "ßβ", "ꓐB", "𐊂B", "ԛq", "ɑα", "шw")
    assert [pair for pair in pairs if not look_alike(*pair)] == []
