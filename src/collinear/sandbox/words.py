"""The vocabulary of the generated Hub: what datasets are about, made of, and named after."""

# ruff: noqa: SIM905 - a list of words reads better without quotes

TOPICS = tuple(
    """
    medical-records radiology-reports clinical-notes drug-interactions protein-structures genomics
    cell-microscopy ecg-signals patient-dialogues nursing-logs veterinary-cases mental-health
    nutrition-facts recipes restaurant-reviews hotel-reviews product-reviews movie-scripts
    film-subtitles song-lyrics folk-songs sheet-music podcasts radio-broadcasts audiobooks
    bird-calls whale-songs engine-sounds street-noise keyboard-clicks wake-words call-centre
    court-rulings contracts patents tax-law constitutions parliament-debates election-results
    census-tables city-budgets public-tenders police-reports traffic-accidents weather-stations
    hurricane-tracks sea-ice glacier-photos satellite-tiles crop-yields soil-samples forest-fires
    air-quality river-levels earthquake-waves solar-output wind-farms power-grid smart-meters
    bike-sharing taxi-trips flight-delays ship-routes train-timetables parking-lots road-signs
    license-plates dashcam lidar-scans drone-footage warehouse-robots robot-arms kitchen-tasks
    cloth-folding drawer-opening block-stacking grasping navigation-rooms game-replays chess-games
    go-games poker-hands sudoku crossword-clues riddles jokes proverbs idioms fairy-tales
    short-stories poems haiku novels diaries letters school-essays exam-questions
    math-word-problems
    geometry-proofs physics-olympiad chemistry-labs textbook-chapters lecture-slides citations
    arxiv-abstracts peer-reviews grant-proposals lab-notebooks wiki-pages encyclopedia-entries
    news-headlines news-articles fact-checks satire propaganda hate-speech toxic-comments
    spam-messages phishing-mails chat-logs forum-threads support-tickets bug-reports
    commit-messages
    code-reviews unit-tests stack-traces shell-commands sql-queries regex-puzzles notebooks
    api-docs man-pages config-files web-pages screenshots ui-layouts icons logos fonts handwriting
    receipts invoices bank-statements stock-prices earnings-calls crypto-trades insurance-claims
    job-postings resumes salary-tables real-estate furniture fashion-photos sneakers tattoos
    portraits anime-faces comics paintings pottery coins stamps old-maps floor-plans buildings
    street-views landmarks mushrooms flowers leaves insects butterflies dogs cats horses fish
    corals
    sign-language lip-reading accents dialects code-switching transliteration grammar-errors
    spelling-mistakes paraphrases synonyms word-senses named-entities coreference event-timelines
    knowledge-graphs table-questions chart-questions visual-questions long-documents instructions
    preferences safety-prompts jailbreaks tool-calls agent-traces web-navigation reasoning-chains
    personas role-play multi-turn-chat refusals summaries translations question-pairs
    """.split()
)

TASKS = tuple(
    """
    text-classification token-classification table-question-answering question-answering
    zero-shot-classification translation summarization feature-extraction text-generation
    fill-mask
    sentence-similarity text-to-speech automatic-speech-recognition audio-to-audio
    audio-classification voice-activity-detection depth-estimation image-classification
    object-detection image-segmentation text-to-image image-to-text image-to-image
    unconditional-image-generation video-classification reinforcement-learning robotics
    tabular-classification tabular-regression time-series-forecasting visual-question-answering
    document-question-answering zero-shot-image-classification graph-ml mask-generation
    image-to-video text-retrieval text-ranking multiple-choice text-to-video image-text-to-text
    """.split()
)

LANGUAGES = {
    "en": "English",
    "zh": "Chinese",
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "ja": "Japanese",
    "ko": "Korean",
    "ru": "Russian",
    "ar": "Arabic",
    "pt": "Portuguese",
    "it": "Italian",
    "hi": "Hindi",
    "vi": "Vietnamese",
    "tr": "Turkish",
    "id": "Indonesian",
    "pl": "Polish",
    "nl": "Dutch",
    "uk": "Ukrainian",
    "fa": "Persian",
    "th": "Thai",
    "cs": "Czech",
    "sv": "Swedish",
    "ro": "Romanian",
    "hu": "Hungarian",
    "el": "Greek",
    "da": "Danish",
    "fi": "Finnish",
    "he": "Hebrew",
    "bn": "Bengali",
    "ta": "Tamil",
    "te": "Telugu",
    "mr": "Marathi",
    "ur": "Urdu",
    "sw": "Swahili",
    "yo": "Yoruba",
    "ha": "Hausa",
    "am": "Amharic",
    "ca": "Catalan",
    "eu": "Basque",
    "gl": "Galician",
    "ga": "Irish",
    "cy": "Welsh",
    "is": "Icelandic",
    "et": "Estonian",
    "lv": "Latvian",
    "lt": "Lithuanian",
    "ka": "Georgian",
    "hy": "Armenian",
    "kk": "Kazakh",
    "mn": "Mongolian",
    "ne": "Nepali",
    "si": "Sinhala",
    "km": "Khmer",
    "lo": "Lao",
    "tl": "Tagalog",
    "ms": "Malay",
    "af": "Afrikaans",
    "zu": "Zulu",
    "qu": "Quechua",
    "mi": "Maori",
}

LICENSES = tuple(
    """
    mit apache-2.0 cc-by-4.0 cc-by-sa-4.0 cc-by-nc-4.0 cc0-1.0 cc-by-nc-sa-4.0 openrail other
    unknown odc-by cc-by-sa-3.0 gpl-3.0 afl-3.0 bsd-3-clause cc-by-nc-nd-4.0 pddl odbl
    cdla-permissive agpl-3.0 llama3.1 gemma creativeml-openrail-m
    """.split()
)

MODELS = tuple(
    """
    llama3 llama3.1-8b llama-70b mistral-7b mixtral qwen2.5 qwen3-4b qwen-vl gemma-2-9b gemma3
    phi-4
    deepseek-r1 deepseek-v3 olmo2 falcon bloom pythia-1b smollm2 starcoder2 codellama gpt4o gpt-4
    gpt5-mini claude-sonnet gemini-flash command-r yi-34b glm-4 internlm nemotron whisper-large
    wav2vec2 clip-vit siglip dinov2 sdxl flux-dev bert-base roberta deberta-v3 t5-small e5-large
    """.split()
)

ROBOTS = tuple("so100 so101 koch aloha xarm franka ur5 stretch unitree lekiwi widowx piper".split())
VERBS = tuple(
    "pick place push open close fold stack pour wipe sort insert grasp move lift press".split()
)
OBJECTS = tuple(
    """
    cube cup bottle drawer towel block pen tape banana lego bowl spoon box sponge ball marker card
    duck plate key
    """.split()
)
SUFFIXES = tuple(
    """
    -v2 -v3 _v1 -v1.1 _eval -eval -test -train -mini -small -large -full -100k -10k -1M
    -sft -dpo -rlhf -cleaned _clean -dedup -filtered -raw -processed -sample -hard -balanced
    -synthetic -annotated
    -parquet -jsonl .csv .json -2023 -2024 -2025 -2026 _final -final-v2 -embeddings -translated
    -instruct -preferences -benchmark -subset -augmented -tokenized _ _old -demo
    """.split()
)
FREE_TAGS = tuple(
    """
    synthetic nlp code benchmark instruction-tuning rlhf dpo evaluation lerobot LeRobot medical
    legal finance chemistry biology climate education history art music agent reasoning math
    distilabel
    argilla autotrain evaluation croissant not-for-all-audiences human-feedback low-resource OCR
    long-context multimodal RAG embeddings web-scale preference safety red-teaming conversational
    datadreamer curated games tutorial v1.0 demo croissant-1.1 MTEB
    """.split()
)
ODD_TAGS = (
    "医疗",
    "法律问答",
    "中文对话",
    "数学推理",
    "日本語",
    "音声認識",
    "한국어",
    "법률",
    "русский язык",
    "عربى",
    "🤖",
    "🧪 experimental",
    "robotics 🦾",
    "🔥",
    "machine\nlearning",
    "100k<n<1M",
    "a collection of questions that students really asked",
)

FIRST_NAMES = tuple(
    """
    aiko alba amara anders anika anton arjun astrid bela bruno camille carmen chen chidi clara
    dario dmitri elena elif emre erik fatima felix freya gabor giulia hana hugo ines ingrid ivan
    jana jiho jonas kaito kamala kofi lars leila liam lin lucia maja malik marek mateo mei mina
    nadia naoki nikita noor olga omar paula petra priya rafael ravi rosa samir sara sven tariq
    tomas uma vera viktor wei xenia yara yuki zoe
    """.split()
)
LAST_NAMES = tuple(
    """
    abe adeyemi andersson bakker banerjee becker bianchi castro chang cohen costa dubois duran
    eriksen farouk fischer garcia gupta haddad hansen horvat ito ivanov jensen kaya kim kovacs
    kumar laurent lee li lopez maeda martin mensah moreau mori nagy nakamura nguyen novak okafor
    olsen park pavlov pereira popescu rao rossi sato schmidt silva singh smith suzuki tanaka
    torres
    tran vargas weber wang wu yamada yilmaz zhang zhou
    """.split()
)
GROUP_PARTS = tuple(
    """
    open data deep neural lingua vision signal quant cyber blue north river stone bright hyper
    meta civic terra astro bio geo poly syn omni nova lumen orbit vector tensor atlas harbor cedar
    """.split()
)
GROUP_ENDINGS = tuple(
    """
    -ai AI -lab Lab -research labs -community -org -nlp NLP -university -institute -collective
    -team _data -datasets Works -health -robotics -eval -project
    """.split()
)
PLACES = tuple(
    """
    Lisbon Nairobi Osaka Toronto Bergen Santiago Jakarta Tallinn Kraków Hanoi Accra Montréal Busan
    Zürich Bogotá Kyiv Tbilisi Porto Chennai Leiden Ghent Cusco Dakar Tromsø Aarhus Ankara
    """.split()
)
EMOJI = tuple("🤖 🎉 📚 🔥 🌍 🧪 🎧 🖼️ 🧠 🚀 📊 🩺 ⚖️ 🌱 🐦 🎵 🏠 ♟️ 🛰️ 🗣️".split())
