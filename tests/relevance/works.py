"""
The datasets that everybody means: made-up ones, of the shapes that names on the Hub have.

Around each of them the world grows its copies, versions and translations.
"""

from typing import NamedTuple


class Work(NamedTuple):
    """One original; ``versions`` are names by the same author, ``languages`` translations."""

    id: str
    downloads: int
    about: str
    task: str
    copies: int
    versions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def author(self) -> str:
        return self.id.partition("/")[0]

    @property
    def name(self) -> str:
        return self.id.partition("/")[2]


_CHAT, _QA, _ASR = "text-generation", "question-answering", "automatic-speech-recognition"
_CLASS, _SUM, _IMAGE = "text-classification", "summarization", "image-classification"
_MT = "translation"

WORKS = (
    # Chat and instructions
    Work("Open-Lynx/OpenLynx", 82_000, "instructions answered by a large model", _CHAT, 24,
         ("OpenLynx-Slim", "OpenLynx-2"), ("de", "fr", "ja")),
    Work("tatsuo-lab/alpaga", 71_000, "self instructed commands", _CHAT, 30,
         ("alpaga-cleaned", "alpaga-eval"), ("de", "it", "zh")),
    Work("databrisk/databrisk-doily-15k", 33_000, "instructions written by employees", _CHAT, 12,
         (), ("ko",)),
    Work("fauxbench/UltraTalk_200k", 64_000, "long dialogues between two models", _CHAT, 14),
    Work("fauxbench/UltraVerdict_binarized", 51_000, "preferences, chosen and rejected", _CHAT, 9),
    Work("anthrophile/hh-rlaif", 58_000, "helpful and harmless answers", _CHAT, 11),
    Work("PKV-Align/PKV-SafeTalk", 12_000, "safe and unsafe answers", _CHAT, 6,
         ("PKV-SafeTalk-30K",)),
    Work("lmtalks/lmtalks-chat-1m", 21_000, "conversations from an arena", _CHAT, 8),
    Work("allenby/WildTalk-1M", 24_000, "conversations in the wild", _CHAT, 7,
         ("WildTalk-4.8M",)),
    Work("roneldan/TinyFables", 38_000, "short fables for small models", _CHAT, 10,
         ("TinyFables-Instruct",), ("hi", "pt")),
    Work("vicunha/share_gbt_unfiltered", 4_400, "shared talks with an assistant", _CHAT, 9),
    Work("lama-group/lama-3-instruct-mix", 9_800, "a mixture for the third lama", _CHAT, 5),
    # Sums and reasoning
    Work("openfable/msm8k", 410_000, "grade school sums, step by step", _QA, 28,
         ("msm8k-hard", "msm8k_platinum"), ("de", "fr", "sw")),
    Work("LumenMath/LumenMath-CoT", 47_000, "competition sums with chains of thought", _QA, 10,
         ("LumenMath-TIR", "LumenMath-1.5")),
    Work("meta-sums/MetaSumsQA", 26_000, "rephrased sums", _QA, 12, ("MetaSumsQA-40K",)),
    Work("HuggingFold/SUMS-500", 91_000, "five hundred hard sums", _QA, 9),
    Work("olympia/olymp_2024", 17_000, "sums of an olympiad", _QA, 6, ("olymp_2025",)),
    Work("fold-ai/ark-agi", 9_000, "puzzles of coloured grids", _QA, 5),
    # Questions
    Work("rajpuri/quarry", 190_000, "reading comprehension on encyclopedic articles", _QA, 30,
         ("quarry_v2", "quarry_v2.1"), ("de", "es", "it", "ja", "ko")),
    Work("cais-lab/mmlo", 230_000, "exams in fifty seven subjects", _QA, 20,
         ("mmlo_no_train",), ("de", "zh", "sw")),
    Work("tiger-den/MMLO-Pro", 70_000, "harder exams with ten options", _QA, 6),
    Work("allenby/ai2_ark", 150_000, "science questions of primary schools", _QA, 9),
    Work("rowanz/bellaswag", 120_000, "endings of everyday stories", _QA, 11),
    Work("allenby/vinogranda", 99_000, "pronouns that need common sense", _QA, 7),
    Work("coldpot/coldpot_qa", 31_000, "questions over several pages", _QA, 6),
    Work("googol/boolk", 42_000, "yes or no questions", _QA, 6),
    Work("googol/natural_queries", 27_000, "queries of real searchers", _QA, 5),
    Work("googol/nk_open", 22_000, "open domain queries", _QA, 4),
    Work("truthsome/truthful_qb", 61_000, "questions that tempt to falsehoods", _QA, 8),
    Work("mandarin/trivia_kq", 30_000, "trivia with evidence", _QA, 6),
    # Corpora
    Work("allenby/q4", 260_000, "a colossal cleaned crawl", _CHAT, 15, ("mq4",)),
    Work("heapworks/the-heap", 45_000, "825 gigabytes of diverse text", _CHAT, 12,
         ("the-heap-uncopyrighted", "the-heap-deduplicated")),
    Work("sfold/wikifold", 300_000, "verified good articles", _CHAT, 18,
         ("wikifold-2", "wikifold-103"), ("ta", "fi")),
    Work("wikimundia/wikimundia", 110_000, "all articles of an encyclopedia", _CHAT, 22,
         ("wikimundia-20231101",)),
    Work("HuggingFold/fineweft", 220_000, "fifteen trillion tokens of the web", _CHAT, 16,
         ("fineweft-edu", "fineweft-2")),
    Work("tony-corpus/TONY-2301", 16_000, "a huge multilingual corpus", _CHAT, 5,
         ("TONY-2201", "tony")),
    Work("togetherly/BlueBathrobe-Data-1T", 15_000, "an open recipe of pretraining", _CHAT, 7,
         ("BlueBathrobe-Data-1T-Sample", "BlueBathrobe-Data-V2")),
    Work("cerebrum/SlimBathrobe-627B", 19_000, "a cleaned and deduplicated recipe", _CHAT, 4),
    Work("bookworm/bookcorpora", 36_000, "unpublished novels", _CHAT, 9),
    Work("skyline/OpenNetText", 40_000, "pages that were shared on a forum", _CHAT, 8,
         ("OpenNetText-10k",)),
    Work("lambdas/lambdoid", 52_000, "last words of passages", _CHAT, 4),
    # Code
    Work("bigrack/the-rack", 28_000, "source files in 358 languages", _CHAT, 9,
         ("the-rack-v2", "the-rack-smol")),
    Work("openfable/openfable_humanevol", 130_000, "handwritten programming tasks", _CHAT, 13,
         ("humanevol-x",)),
    Work("googol/mbpq", 88_000, "basic python problems", _CHAT, 8),
    Work("code-seek/code_seek_net", 14_000, "functions with their comments", _CHAT, 6),
    Work("princely/SWE-bank", 44_000, "issues of real repositories", _CHAT, 10,
         ("SWE-bank_Verified", "SWE-bank_Lite")),
    # Classification
    Work("nyuma/glow", 270_000, "nine tasks of language understanding", _CLASS, 14,
         ("super_glow",)),
    Work("stanfield/ymdb", 180_000, "film reviews, good or bad", _CLASS, 25, ("ymdb-mini",)),
    Work("stanfield/sst9", 60_000, "sentiment of sentences", _CLASS, 9),
    Work("fancyzx/bg_news", 75_000, "news articles in four classes", _CLASS, 14),
    Work("yolp/yolp_review_full", 34_000, "reviews of restaurants with stars", _CLASS, 8),
    Work("bazaar/bazaar_reviews_multi", 11_000, "reviews of products", _CLASS, 6),
    Work("nyuma/multi_nlj", 50_000, "premise and hypothesis", _CLASS, 7),
    Work("dare-ai/emotions", 55_000, "messages with six feelings", _CLASS, 12),
    # Summaries and translation
    Work("abisee/daily_courier", 84_000, "newspaper stories with highlights", _SUM, 10),
    Work("EdinLab/ysum", 47_000, "one sentence for an article", _SUM, 8),
    Work("csefold/xlsumma", 13_000, "summaries in forty languages", _SUM, 3),
    Work("facebrook/floras-200", 20_000, "sentences in two hundred languages", _MT, 5,
         ("floras-101",)),
    Work("openopus/opus-200", 29_000, "aligned sentences", _MT, 8, ("opus_books",)),
    # Pictures and sound
    Work("ylekun/mnest", 160_000, "handwritten digits", _IMAGE, 30, ("fashion_mnest",)),
    Work("imagenot/imagenot-1k", 140_000, "a thousand kinds of things", _IMAGE, 12,
         ("imagenot-22k",)),
    Work("zh-plus/tiny-imagenot", 23_000, "small pictures of two hundred kinds", _IMAGE, 7),
    Work("uoft-cs/cifer10", 115_000, "tiny pictures in ten classes", _IMAGE, 12, ("cifer100",)),
    Work("ethereal/food202", 30_000, "dishes", _IMAGE, 8),
    Work("pictorial/MS-KOKO", 18_000, "objects in their context", "object-detection", 9),
    Work("mozarella/common_accent_17_0", 66_000, "read sentences, validated by listeners", _ASR,
         9, ("common_accent_16_1", "common_accent_13_0", "common_accent_11_0"), ("ja", "tr")),
    Work("openstory/librespeak_asr", 89_000, "read audiobooks", _ASR, 11),
    Work("progtag/voxfame", 7_000, "voices of the famous", "audio-classification", 4),
    # Scripts and accents
    Work("tang-lab/手写唐诗", 2_900, "手写唐诗的图像", "image-to-text", 4),
    Work("yiliao/中文医疗对话", 5_200, "医生与患者的对话", _CHAT, 6),
    Work("nihongo-lab/日本語会話コーパス", 3_100, "日常会話の書き起こし", _CHAT, 3),
    Work("hangul-lab/한국어뉴스요약", 2_400, "한국어 신문 기사 요약", _SUM, 3),
    Work("école-du-nord/CV-français", 900, "curriculum vitæ anonymisés", _CLASS, 2),
    Work("uni-köln/Märchen-Erzähler", 1_200, "alte Erzählungen", _CHAT, 2),
    Work("universidad/Señales_de_Tráfico", 1_500, "fotos de carreteras", _IMAGE, 3),
    # Numbers
    Work("proverbial/1000-proverbs", 1_900, "sayings and what they mean", _CHAT, 3),
    Work("hansard-fans/parliament-1984", 800, "speeches of one year", _CHAT, 2,
         ("parliament-1985", "parliament-1986")),
    Work("pixelry/512x512-landscapes", 2_200, "paintings of hills", "text-to-image", 3),
    Work("seti-home/k2-18b-spectra", 300, "light of a distant planet", "tabular-regression", 1),
)  # fmt: skip

LANGUAGES = {
    "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese",
    "ja": "Japanese", "ko": "Korean", "zh": "Chinese", "hi": "Hindi", "sw": "Swahili",
    "tr": "Turkish", "ta": "Tamil", "fi": "Finnish", "en": "English",
}  # fmt: skip
"""Languages by the code that tags use."""
