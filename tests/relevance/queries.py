"""
What people type, and how well each dataset of the world answers it.

The grades follow from what is true of a dataset, never from what its text says.
"""

from collections.abc import Callable, Iterator, Sequence

from tests.relevance.measures import Judged
from tests.relevance.topics import HOUSES, SPANS, TOPICS
from tests.relevance.works import LANGUAGES, WORKS
from tests.relevance.world import Entry, Fact

Grade = Callable[[Entry], int]

_WORKS = {work.name: work.id for work in WORKS}
_RELATED = {"original": 3, "mirror": 2, "copy": 1, "version": 1, "offshoot": 1, "translation": 1}


def create_queries(world: Sequence[Entry]) -> list[Judged]:
    """All judged queries; none is without an answer."""
    queries = []
    for kind, typed, grade in _asked():
        grades = {entry.id: worth for entry in world if (worth := grade(entry))}
        if not grades:
            raise ValueError(f"nothing in the world answers {typed!r} ({kind})")
        queries.append(Judged(kind, typed, grades))
    return queries


def _asked() -> Iterator[tuple[str, str, Grade]]:
    for work in WORKS:
        if work.copies >= 7 and work.name.isascii():
            yield "bare name", work.name, _work(work.id)
    for kind, table in (
        ("other spelling", SPELLINGS),
        ("typo", TYPOS),
        ("while typing", BEGINNINGS),
        ("number", NUMBERS),
        ("script", SCRIPTS),
    ):
        for typed, name in table.items():
            yield kind, typed, _named(name)
    yield from _ids()
    yield from _versions()
    yield from _topics()
    yield from _labels()
    yield from _authors()
    yield from _syntax()


def _ids() -> Iterator[tuple[str, str, Grade]]:
    for place, work in enumerate(WORKS[2::4]):
        shapes = (work.id, work.id.lower(), work.id.replace("/", " "), work.id.replace("-", "_"))
        yield "id", shapes[place % 4], _only(work.id)
    for place, work in enumerate(WORKS[1::5]):
        yield "address", ADDRESSES[place % len(ADDRESSES)].format(id=work.id), _only(work.id)


def _versions() -> Iterator[tuple[str, str, Grade]]:
    for typed, dataset_id in VERSIONS.items():
        yield "version", typed, _version(dataset_id)
    for typed, (name, code) in TRANSLATIONS.items():
        yield "translation", typed, _translation(_WORKS[name], code)


def _topics() -> Iterator[tuple[str, str, Grade]]:
    for topic in TOPICS:
        yield "topic", topic.words, _about(topic.words)
    for typed, words in FORMS.items():
        yield "other form", typed, _about(words, lambda fact: fact.also)
    for typed, words in TOPIC_TYPOS.items():
        yield "typo", typed, _about(words)
    for typed, words in TOPIC_BEGINNINGS.items():
        yield "while typing", typed, _about(words)
    for typed, words in SENTENCES.items():
        yield "sentence", typed, _about(words)


def _labels() -> Iterator[tuple[str, str, Grade]]:
    for place, (task, code) in enumerate(SPANS):
        words, language = task.replace("-", " "), LANGUAGES[code].lower()
        shapes = (f"{words} {language}", f"{language} {words}", f"{task} {LANGUAGES[code]}")
        yield "task + language", shapes[place % 3], _labelled(task=task, language=code)
        yield "task + language", f"{task} language:{code}", _labelled(task=task, language=code)
    for words, code in (("medical", "de"), ("recipes", "fr"), ("tweets", "es"), ("poetry", "zh")):
        grade = _about(words, lambda fact, code=code: fact.language == code)
        yield "topic + language", f"{LANGUAGES[code].lower()} {words}", grade
        yield "topic + language", f"{words} {code}", grade
    for typed, (licence, words) in LICENSED.items():
        yield "licence", typed, _about(words, lambda fact, own=licence: fact.licence == own)
    for typed, (licence, modality) in LICENSED_SOUNDS.items():
        yield "licence", typed, _labelled(licence=licence, modality=modality)


def _authors() -> Iterator[tuple[str, str, Grade]]:
    for work in WORKS[3::6]:
        yield "author + name", f"{work.author} {work.name}", _only(work.id)
        yield "author + name", f"{work.name} {work.author}", _only(work.id)
    for topic in TOPICS[::2]:
        house = HOUSES[len(topic.words) % len(HOUSES)]
        spelled = house.replace("-", " ").lower()
        yield "author + topic", f"{spelled} {topic.words}", _by(house, topic.words)
    for house in HOUSES[::2]:
        yield "author", house, lambda entry, house=house: 3 * (entry.dataset.author == house)


def _syntax() -> Iterator[tuple[str, str, Grade]]:
    for topic in TOPICS:
        if " " in topic.words:
            yield "phrase", f'"{topic.words}"', _about(topic.words)
    for typed, words in EXCLUSIONS.items():
        yield "exclusion", typed, _about(words, lambda fact: not fact.also)
    for typed, (name, other) in NAMES_WITHOUT.items():
        yield "exclusion", typed, _without(_WORKS[name], other)
    for typed, name in NOBODY_HAS.items():
        yield "a word too many", typed, _named(name)
    for typed, words in NOBODY_HAS_TOPIC.items():
        yield "a word too many", typed, _about(words)


def _work(work_id: str) -> Grade:
    """The original, what goes by its name, and all that was made of it."""
    return lambda entry: _RELATED.get(entry.fact.role, 0) if entry.fact.work == work_id else 0


def _named(name: str) -> Grade:
    """A work by its name; or, by its id, a version of it."""
    return _version(name) if "/" in name else _work(_WORKS[name])


def _only(dataset_id: str) -> Grade:
    return lambda entry: 3 if entry.id == dataset_id else 0


def _version(dataset_id: str) -> Grade:
    """This one; the other versions, and the work itself, are better than nothing."""
    author = dataset_id.partition("/")[0]

    def grade(entry: Entry) -> int:
        if entry.id == dataset_id:
            return 3
        family = entry.fact.role in {"original", "version"} and entry.dataset.author == author
        return 1 if family and entry.id[:12] == dataset_id[:12] else 0

    return grade


def _translation(work_id: str, code: str) -> Grade:
    def grade(entry: Entry) -> int:
        if entry.fact.work != work_id:
            return 0
        return 3 if (entry.fact.role, entry.fact.language) == ("translation", code) else 0

    return grade


def _about(words: str, fits: Callable[[Fact], bool] = lambda fact: True) -> Grade:
    """
    What is about a topic: most of all by its name, or tagged and used; unused or in prose less.

    A dataset that only mentions it is better than nothing; one that is only by its fans is not.
    """

    def grade(entry: Entry) -> int:
        fact = entry.fact
        if fact.topic != words or not fits(fact):
            return 0
        if fact.role == "about":
            named = fact.where == "name" or (fact.where == "tag" and entry.is_used)
            return 3 if named else 2
        return 1 if fact.role == "mention" else 0

    return grade


def _labelled(**wanted: str) -> Grade:
    """What has these labels, the used ones above the others."""

    def grade(entry: Entry) -> int:
        if any(getattr(entry.fact, name) != value for name, value in wanted.items()):
            return 0
        return 3 if entry.is_used else 2

    return grade


def _by(author: str, words: str) -> Grade:
    about = _about(words)
    return lambda entry: about(entry) if entry.dataset.author == author else 0


def _without(work_id: str, other: str) -> Grade:
    work = _work(work_id)
    return lambda entry: 0 if other in entry.id.lower() else work(entry)


SPELLINGS = {
    "open lynx": "OpenLynx", "openlynx": "OpenLynx", "open-lynx": "OpenLynx",
    "OPENLYNX": "OpenLynx", "msm 8k": "msm8k", "MSM-8K": "msm8k", "msm 8 k": "msm8k",
    "Msm_8k": "msm8k", "ultra talk 200k": "UltraTalk_200k", "ultratalk200k": "UltraTalk_200k",
    "wiki fold": "wikifold", "fine weft": "fineweft", "meta sums qa": "MetaSumsQA",
    "tiny fables": "TinyFables", "tinyfables": "TinyFables", "truthful qb": "truthful_qb",
    "truthfulqb": "truthful_qb", "cold pot qa": "coldpot_qa", "heap": "the-heap",
    "the heap": "the-heap", "theheap": "the-heap", "the rack": "the-rack", "q4": "q4",
    "open net text": "OpenNetText", "opennettext": "OpenNetText", "slim bathrobe":
    "SlimBathrobe-627B", "imagenot 1k": "imagenot-1k", "IMAGENOT": "imagenot-1k",
    "ms koko": "MS-KOKO", "common accent 17": "common_accent_17_0",
    "common accent": "common_accent_17_0", "humanevol": "openfable_humanevol",
    "human evol": "openfable_humanevol", "swe bank": "SWE-bank", "swebank": "SWE-bank",
    "code seek net": "code_seek_net", "codeseeknet": "code_seek_net",
    "multi nlj": "multi_nlj", "lumen math cot": "LumenMath-CoT", "safetalk": "PKV-SafeTalk",
    "lama-3 instruct": "lama-3-instruct-mix", "lama 3 instruct": "lama-3-instruct-mix",
    "natural queries": "natural_queries", "daily courier": "daily_courier",
    "bg news": "bg_news", "tiny imagenot": "tiny-imagenot",
}  # fmt: skip
"""Names as others write them."""

TYPOS = {
    "OpnLynx": "OpenLynx", "openlinx": "OpenLynx", "alpga": "alpaga", "alpagga": "alpaga",
    "quary": "quarry", "quarrry": "quarry", "belaswag": "bellaswag", "bellaswga": "bellaswag",
    "vinogrnada": "vinogranda", "vinograda": "vinogranda", "wikifld": "wikifold",
    "wikiflod": "wikifold", "finewft": "fineweft", "finweft": "fineweft",
    "bookcorpra": "bookcorpora", "bokcorpra": "bookcorpora", "lambdiod": "lambdoid",
    "imagnot": "imagenot-1k", "immagenot": "imagenot-1k", "librespaek": "librespeak_asr",
    "voxfmae": "voxfame", "truthfull qb": "truthful_qb", "BlueBatrobe": "BlueBathrobe-Data-1T",
    "slimbathorbe": "SlimBathrobe-627B", "natural queris": "natural_queries",
    "TinyFabels": "TinyFables", "wikimundai": "wikimundia", "LumenMaht": "LumenMath-CoT",
    "databrsk doily": "databrisk-doily-15k", "ultravedrict": "UltraVerdict_binarized",
    "quary v2": "rajpuri/quarry_v2", "fineweft edy": "fineweft", "emotoins": "emotions",
}  # fmt: skip
"""One slip in words of five to eight letters, up to two in longer ones."""

BEGINNINGS = {
    "openly": "OpenLynx", "open ly": "OpenLynx", "alpa": "alpaga", "quar": "quarry",
    "finew": "fineweft", "fineweft-e": "HuggingFold/fineweft-edu", "mml": "mmlo",
    "wikif": "wikifold", "wikimu": "wikimundia", "bella": "bellaswag", "vino": "vinogranda",
    "humane": "openfable_humanevol", "librespe": "librespeak_asr", "ultrat": "UltraTalk_200k",
    "ultra tal": "UltraTalk_200k", "tinyfa": "TinyFables", "imageno": "imagenot-1k",
    "the-ra": "the-rack", "common acc": "common_accent_17_0", "natural que": "natural_queries",
    "metasu": "MetaSumsQA", "lumen": "LumenMath-CoT", "truthf": "truthful_qb",
    "rajpuri/qua": "quarry", "allenby/wild": "WildTalk-1M", "yolp rev": "yolp_review_full",
}  # fmt: skip

NUMBERS = {
    "1000 proverbs": "1000-proverbs", "proverbs 1000": "1000-proverbs",
    "1000": "1000-proverbs", "parliament 1984": "parliament-1984",
    "parliament 1986": "hansard-fans/parliament-1986", "wikifold 103": "sfold/wikifold-103",
    "wiki fold 103": "sfold/wikifold-103", "512x512": "512x512-landscapes",
    "512 landscapes": "512x512-landscapes", "imagenot 22k": "imagenot/imagenot-22k",
    "cifer 10": "cifer10", "cifer100": "uoft-cs/cifer100", "cifer 100": "uoft-cs/cifer100",
    "floras 200": "floras-200", "floras 101": "facebrook/floras-101", "food 202": "food202",
    "sums 500": "SUMS-500", "k2-18b": "k2-18b-spectra", "k2 18b": "k2-18b-spectra",
    "lmtalks 1m": "lmtalks-chat-1m", "olymp 2025": "olympia/olymp_2025",
    "tony 2301": "TONY-2301", "common accent 16": "mozarella/common_accent_16_1",
    "wikimundia 20231101": "wikimundia/wikimundia-20231101", "doily 15k": "databrisk-doily-15k",
    "sst 9": "sst9", "1M wildtalk": "WildTalk-1M", "627b": "SlimBathrobe-627B",
}  # fmt: skip

SCRIPTS = {
    "手写唐诗": "手写唐诗", "手写": "手写唐诗", "唐诗": "手写唐诗", "写唐": "手写唐诗",
    "手写 唐诗": "手写唐诗", "中文医疗": "中文医疗对话", "医疗对话": "中文医疗对话",
    "医疗": "中文医疗对话", "患者": "中文医疗对话", "日本語会話": "日本語会話コーパス",
    "日本語": "日本語会話コーパス", "コーパス": "日本語会話コーパス", "ｺｰﾊﾟｽ": "日本語会話コーパス",
    "書き起こし": "日本語会話コーパス", "한국어": "한국어뉴스요약", "뉴스요약": "한국어뉴스요약",
    "CV francais": "CV-français", "cv-français": "CV-français", "ecole du nord": "CV-français",
    "vitae anonymises": "CV-français", "marchen": "Märchen-Erzähler",
    "MÄRCHEN ERZÄHLER": "Märchen-Erzähler", "uni-koln marchen": "Märchen-Erzähler",
    "senales trafico": "Señales_de_Tráfico", "señales de tráfico": "Señales_de_Tráfico",
    "trafico": "Señales_de_Tráfico",
}  # fmt: skip

ADDRESSES = (
    "https://huggingface.co/datasets/{id}",
    "huggingface.co/datasets/{id}",
    "https://huggingface.co/datasets/{id}/tree/main",
    "https://huggingface.co/datasets/{id}?row=3",
    "http://www.huggingface.co/datasets/{id}/",
    "https://huggingface.co/datasets/{id}/viewer/default/train",
    "datasets/{id}",
    "hf://datasets/{id}/data/train.parquet",
)

VERSIONS = {
    "quarry v2": "rajpuri/quarry_v2", "quarry 2": "rajpuri/quarry_v2",
    "quarryv2": "rajpuri/quarry_v2", "quarry v2.1": "rajpuri/quarry_v2.1",
    "openlynx 2": "Open-Lynx/OpenLynx-2", "openlynx slim": "Open-Lynx/OpenLynx-Slim",
    "slim open lynx": "Open-Lynx/OpenLynx-Slim", "fine weft edu": "HuggingFold/fineweft-edu",
    "fineweft 2": "HuggingFold/fineweft-2", "fineweft2": "HuggingFold/fineweft-2",
    "alpaga cleaned": "tatsuo-lab/alpaga-cleaned", "cleaned alpaga": "tatsuo-lab/alpaga-cleaned",
    "msm8k hard": "openfable/msm8k-hard", "msm 8k platinum": "openfable/msm8k_platinum",
    "the heap deduplicated": "heapworks/the-heap-deduplicated",
    "swe bank lite": "princely/SWE-bank_Lite", "swe-bank verified": "princely/SWE-bank_Verified",
    "the rack v2": "bigrack/the-rack-v2", "super glow": "nyuma/super_glow",
    "superglow": "nyuma/super_glow", "fashion mnest": "ylekun/fashion_mnest",
    "LumenMath TIR": "LumenMath/LumenMath-TIR", "lumenmath 1.5": "LumenMath/LumenMath-1.5",
    "mmlo no train": "cais-lab/mmlo_no_train", "opus books": "openopus/opus_books",
    "bathrobe 1t sample": "togetherly/BlueBathrobe-Data-1T-Sample",
}  # fmt: skip

TRANSLATIONS = {
    "openlynx german": ("OpenLynx", "de"), "german openlynx": ("OpenLynx", "de"),
    "alpaga italian": ("alpaga", "it"), "alpaga-zh": ("alpaga", "zh"),
    "msm8k french": ("msm8k", "fr"), "msm8k swahili": ("msm8k", "sw"),
    "quarry japanese": ("quarry", "ja"), "korean quarry": ("quarry", "ko"),
    "quarry es": ("quarry", "es"), "mmlo german edition": ("mmlo", "de"),
    "tiny fables hindi": ("TinyFables", "hi"), "wikifold tamil": ("wikifold", "ta"),
}  # fmt: skip

FORMS = {
    "radiologist": "radiology", "hospital": "medical", "clause": "legal contracts",
    "hashtag": "tweets", "ingredient": "recipes", "orbiting": "satellite", "scam": "phishing",
    "insult": "hate speech", "aftershock": "earthquakes", "gripper": "robotics",
    "invention": "patents", "chromosome": "genomics", "interviewing": "podcasts",
    "goal": "football", "distortion": "captchas",
}  # fmt: skip
"""Words of descriptions, in another form than there."""

TOPIC_TYPOS = {
    "radiolgy": "radiology", "birdsnog": "birdsong", "sattelite": "satellite",
    "eartquakes": "earthquakes", "phising": "phishing", "genomcis": "genomics",
    "lighthuoses": "lighthouses", "potery": "poetry", "protien folding": "protein folding",
    "hate speach": "hate speech",
}  # fmt: skip

TOPIC_BEGINNINGS = {
    "radiol": "radiology", "birds": "birdsong", "satel": "satellite", "earthq": "earthquakes",
    "lighth": "lighthouses", "point clo": "point clouds", "fake ne": "fake news",
    "sign lan": "sign language", "genom": "genomics", "patent": "patents",
}  # fmt: skip

SENTENCES = {
    "a dataset about chess": "chess", "datasets with birdsong": "birdsong",
    "i am looking for recipes": "recipes", "data for detecting phishing": "phishing",
    "dataset of fake news": "fake news", "the best dataset for protein folding":
    "protein folding", "where can i find earthquakes": "earthquakes",
    "poetry dataset": "poetry",
}  # fmt: skip

LICENSED = {
    "mit chess": ("mit", "chess"), "chess license:mit": ("mit", "chess"),
    "cc-by-4.0 birdsong": ("cc-by-4.0", "birdsong"), "apache 2.0 tweets": ("apache-2.0", "tweets"),
    "tweets apache-2.0": ("apache-2.0", "tweets"), "gpl-3.0 robotics": ("gpl-3.0", "robotics"),
    "poetry cc0": ("cc0-1.0", "poetry"), "license:cc-by-sa-4.0 medical":
    ("cc-by-sa-4.0", "medical"), "openrail memes": ("openrail", "memes"),
}  # fmt: skip

LICENSED_SOUNDS = {
    "cc-by-4.0 audio": ("cc-by-4.0", "audio"), "mit tabular": ("mit", "tabular"),
    "license:openrail modality:image": ("openrail", "image"),
}  # fmt: skip

EXCLUSIONS = {
    "recipes -ingredients": "recipes", "radiology -radiologists": "radiology",
    "birdsong -recordings": "birdsong", "chess -openings": "chess", "tweets -hashtags": "tweets",
    "football -goals": "football", "patents -inventions": "patents",
}  # fmt: skip

NAMES_WITHOUT = {
    "alpaga -cleaned": ("alpaga", "cleaned"), "wikifold -103": ("wikifold", "103"),
    "msm8k -hard": ("msm8k", "hard"), "quarry -copy": ("quarry", "copy"),
}  # fmt: skip

NOBODY_HAS = {
    "openlynx xqwvut": "OpenLynx", "zzgrblx msm8k": "msm8k", "quarry qqzzvv": "quarry",
    "the heap wwxxyy": "the-heap", "alpaga vvkkqq": "alpaga",
}  # fmt: skip

NOBODY_HAS_TOPIC = {
    "radiology xylomancy": "radiology", "qwfpgj lighthouses": "lighthouses",
    "sign language kkqqxx": "sign language", "chess bxbxbxq": "chess",
}  # fmt: skip
