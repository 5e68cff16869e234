"""What people type for what they mean: the name, the id or the topic beside each text."""

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
    "rajpuri/qua": "rajpuri/quarry", "allenby/wild": "allenby/WildTalk-1M",
    "yolp rev": "yolp_review_full",
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
