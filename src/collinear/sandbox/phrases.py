"""
The grammar of the generated descriptions.

A symbol expands to one of its alternatives; ``$name`` inside an alternative is another symbol.
What differs from dataset to dataset (``%(name)s`` and the like) is filled in last.
"""

# ruff: noqa: RUF001 - other scripts have letters and commas of their own

import re
from random import Random

from collinear.sandbox.words import EMOJI, PLACES

_SYMBOL = re.compile(r"\$([a-z_]+)")

OPENINGS = (
    "%(name)s is $article collection of $material about %(topic)s.",
    "%(name)s brings together %(count)s examples of %(topic)s for %(task)s.",
    "This dataset holds $material on %(topic)s, $collected in %(place)s.",
    "%(count)s $items on %(topic)s, meant for %(task)s in %(language)s.",
    "A %(language)s resource for %(task)s built around %(topic)s.",
    "We present %(name)s, $article set of $material for studying %(topic)s.",
    "%(emoji)s %(name)s: %(topic)s for %(task)s, $checked.",
    "The %(name)s corpus covers %(topic)s and was $collected by %(author)s.",
    "Generated with %(model)s: %(count)s $items about %(topic)s.",
    "Version %(version)s of %(name)s, which pairs %(topic)s with $labels.",
    "Here you find what %(author)s used to train a model for %(task)s on %(topic)s.",
    "%(topic)s, cleaned and $checked: %(count)s rows for %(task)s.",
)

RULES = {
    "article": ("a", "a small", "a large", "a growing", "a carefully checked", "an unfiltered"),
    "material": (
        "texts",
        "recordings",
        "images",
        "annotated passages",
        "conversations",
        "measurements",
        "labelled examples",
        "scanned pages",
        "paired sentences",
        "short clips",
        "tables",
        "structured records",
    ),
    "items": ("samples", "rows", "documents", "items", "entries", "pairs", "episodes", "questions"),
    "collected": (
        "collected by volunteers",
        "gathered over two winters",
        "scraped with permission",
        "recorded on phones",
        "put together during a hackathon",
        "assembled from public archives",
        "exported from an internal tool",
        "crawled once a week",
    ),
    "checked": (
        "checked twice by hand",
        "deduplicated with MinHash",
        "reviewed by native speakers",
        "filtered by perplexity",
        "verified against the originals",
        "not yet reviewed",
        "spot-checked by two annotators",
        "scored by a reward model",
    ),
    "labels": (
        "fine-grained labels",
        "free-text rationales",
        "bounding boxes",
        "time stamps",
        "star ratings",
        "gold answers",
        "speaker turns",
        "preference votes",
        "span annotations",
    ),
    "source": (
        "public libraries",
        "municipal archives",
        "university servers",
        "open government portals",
        "community forums",
        "field stations",
        "old newspapers",
        "broadcast recordings",
        "digitised card catalogues",
        "hospital partners",
        "open-source repositories",
        "amateur observers",
        "school exercise books",
        "a fleet of cheap sensors",
    ),
    "sourcing": (
        "The raw data come from $source and $source.",
        "Everything was $collected with the help of $source.",
        "Sources are $source; duplicates across them were merged.",
        "Material from $source was added in a second round.",
        "Roughly $percent of it stems from $source, the rest from $source.",
        "We asked $source for permission before anything was copied.",
        "Pages were rendered, segmented and then $checked.",
    ),
    "percent": ("5%%", "12%%", "a fifth", "a third", "40%%", "half", "60%%", "three quarters"),
    "structure": (
        "Each row has the columns $column, $column and $column.",
        "Rows carry $labels next to the plain $column.",
        "The field $column refers to the position in the original file.",
        "There are $splits; the split is by $unit, so nothing leaks.",
        "Files are named after the $unit and stored as Parquet shards.",
        "Missing values are empty strings, never zeros.",
        "Long $items were cut at $length tokens.",
        "Every $unit appears in exactly one split.",
        "A typical line holds $column and $column, sometimes also $column.",
    ),
    "column": (
        "`text`",
        "`label`",
        "`audio`",
        "`image`",
        "`question`",
        "`answer`",
        "`context`",
        "`speaker_id`",
        "`url`",
        "`timestamp`",
        "`score`",
        "`prompt`",
        "`chosen`",
        "`rejected`",
        "`metadata`",
        "`source`",
        "`split`",
        "`reasoning`",
    ),
    "splits": (
        "train and test splits",
        "three splits",
        "a single split",
        "five folds",
        "train, validation and test",
        "a hidden test set",
    ),
    "unit": ("author", "document", "speaker", "patient", "city", "repository", "episode", "week"),
    "length": ("256", "512", "1,024", "2,048", "4,096", "8,192", "32,768"),
    "usage": (
        "It is meant for $purpose and $purpose.",
        "We used it for $purpose; the numbers are in the paper.",
        "Do not use it for $misuse.",
        "Suitable for $purpose, less so for $purpose.",
        "A baseline reaches $score on the test split.",
        "Fine-tuning a small model on it takes $time on one GPU.",
        "Models trained on it transfer well to $purpose.",
        "Load it with `load_dataset` and shuffle before training.",
    ),
    "purpose": (
        "pre-training small models",
        "probing long contexts",
        "comparing tokenizers",
        "evaluating retrieval",
        "supervised fine-tuning",
        "teaching students",
        "error analysis",
        "studying bias",
        "calibrating confidence",
        "continual learning",
        "benchmarking inference",
        "few-shot prompting",
        "domain adaptation",
        "active learning",
    ),
    "misuse": (
        "medical decisions",
        "identifying people",
        "credit scoring",
        "hiring",
        "surveillance",
        "legal advice",
    ),
    "score": (
        "61.3 F1",
        "78%% accuracy",
        "0.43 BLEU",
        "a word error rate of 14.2",
        "0.87 AUC",
        "an Elo of 1,140",
        "31.9 mAP",
        "3.2 perplexity",
    ),
    "time": ("ten minutes", "an hour", "a night", "three days", "about a week"),
    "limits": (
        "Some $items contain offensive language.",
        "The annotators disagreed on $percent of the hard cases.",
        "Names and addresses were replaced by placeholders.",
        "$percent of the audio has background noise.",
        "Dialects of the south are under-represented.",
        "Known problem: a few $items are repeated under another id.",
        "Time zones are mixed; see $column.",
        "OCR errors remain, above all in tables and footnotes.",
        "The labels of the first release were wrong and have been fixed.",
        "We remove a row within a week if its owner asks us to.",
    ),
    "closing": (
        "Questions and corrections are welcome in the community tab.",
        "Work in progress: expect breaking changes.",
        "Supported by a grant of the city of $place.",
        "Thanks to everyone who annotated on their weekends $emoji",
        "If you use it, please cite us.",
        "See the repository for the scripts that made it.",
        "The next release adds $labels.",
        "Made in $place $emoji$emoji",
        "An updated version is planned for the spring.",
    ),
    "place": PLACES,
    "emoji": EMOJI,
}

HEADINGS = (
    "Dataset Card for %(name)s",
    "%(name)s",
    "Dataset Summary",
    "Dataset Description",
    "About %(topic)s",
    "%(emoji)s %(name)s",
    "Overview",
    "Introduction",
    "Card",
)

STATISTICS = (
    "Size: %(count)s rows, %(shards)d files.",
    "In total %(count)s $items from %(shards)d $source.",
    "%(count)s examples, of which %(shards)d were written by experts.",
    "Split sizes: train %(count)s, test %(shards)d.",
    "Collected between %(year)d and %(later)d.",
    "Released in %(later)d; the oldest entry is from %(year)d.",
)

FOREIGN = {
    "zh": (
        "本数据集收集了%(count)s条关于%(topic)s的样本，适用于%(task)s。",
        "数据来自公开网页和志愿者的投稿，已经去重并人工检查。",
        "每一行包含问题、答案和来源，缺失的字段为空。",
        "欢迎在社区里提出问题和改进意见。",
        "请勿将本数据集用于识别个人身份。",
        "训练集与测试集按文档划分，互不重叠。",
    ),
    "ja": (
        "このデータセットは%(topic)sに関する%(count)s件の例を集めたものです。",
        "すべての文は母語話者によって確認されています。",
        "%(task)sの学習と評価に使うことができます。",
        "音声には雑音が含まれる場合があります。",
        "誤りを見つけた方はご連絡ください。",
        "個人情報は取り除かれています。",
    ),
    "ko": (
        "이 데이터셋은 %(topic)s에 관한 예문 %(count)s개를 담고 있습니다.",
        "모든 문장은 두 명의 검수자가 확인했습니다.",
        "%(task)s 모델을 학습하고 평가하는 데 쓸 수 있습니다.",
        "오류를 발견하면 알려 주세요.",
        "중복된 항목은 제거했습니다.",
    ),
    "es": (
        "Este conjunto reúne %(count)s ejemplos sobre %(topic)s para %(task)s.",
        "Los textos proceden de bibliotecas públicas y fueron revisados a mano.",
        "Cada fila contiene la pregunta, la respuesta y su fuente.",
        "Las etiquetas de la primera versión tenían errores que ya están corregidos.",
        "No debe usarse para identificar a personas.",
        "Agradecemos cualquier corrección de la comunidad.",
    ),
    "fr": (
        "Ce jeu de données rassemble %(count)s exemples sur %(topic)s, destinés à : %(task)s.",
        "Les documents viennent d'archives municipales et ont été relus deux fois.",
        "Chaque ligne porte le texte, l'étiquette et la source.",
        "Les noms propres ont été remplacés par des marqueurs.",
        "N'hésitez pas à signaler les erreurs restantes.",
        "Une nouvelle version est prévue pour l'été.",
    ),
    "de": (
        "Dieser Datensatz enthält %(count)s Beispiele über %(topic)s für %(task)s.",
        "Die Texte stammen aus öffentlichen Archiven und wurden von Hand geprüft.",
        "Jede Zeile trägt Überschrift, Inhalt und Quelle.",
        "Größere Lücken gibt es bei älteren Jahrgängen.",
        "Personennamen sind durch Platzhalter ersetzt.",
        "Hinweise auf Fehler nehmen wir gern entgegen.",
    ),
    "ru": (
        "Набор содержит %(count)s примеров на тему %(topic)s для задачи %(task)s.",
        "Тексты взяты из открытых архивов и проверены вручную.",
        "Каждая строка содержит вопрос, ответ и источник.",
        "Имена и адреса удалены.",
        "Сообщайте, пожалуйста, об ошибках.",
    ),
    "ar": (
        "تضم هذه المجموعة %(count)s مثالاً عن %(topic)s لأغراض %(task)s.",
        "جُمعت النصوص من مكتبات عامة وراجعها متحدثون أصليون.",
        "يحتوي كل سطر على السؤال والجواب والمصدر.",
        "نرحب بملاحظاتكم وتصحيحاتكم.",
    ),
    "pt": (
        "Este conjunto reúne %(count)s exemplos sobre %(topic)s para %(task)s.",
        "As gravações foram feitas por voluntários e revistas por falantes nativos.",
        "Cada linha traz o texto, o rótulo e a origem.",
        "Há ruído de fundo em parte do áudio.",
        "Correções são bem-vindas.",
    ),
}


def expand(text: str, rng: Random) -> str:
    """The text with every symbol replaced by one of its expansions."""
    while found := _SYMBOL.search(text):
        chosen = RULES[found[1]][int(rng.random() * len(RULES[found[1]]))]
        text = text[: found.start()] + chosen + text[found.end() :]
    return text


def pool(symbol: str, rng: Random, size: int) -> list[str]:
    """So many expansions of a symbol."""
    return [expand(f"${symbol}", rng) for _ in range(size)]
