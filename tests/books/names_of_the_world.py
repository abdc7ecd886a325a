"""Names as they are written in more than thirty languages, eight of each: what parents will type.

Nobody's in particular; some are rare and here for their letters. Those of East Asia need the optional extra `cjk`,
which the tests have.
"""

NAMES: dict[str, str] = {
    "English": "Olivia, Noah, Amelia-Rose, O’Brien, Theo, Isla May, Jack, Zoë",
    "Irish": "Aoife, Niamh, Pádraig, Síofra, Tadhg, Gráinne, Éabha, Oisín",
    "Welsh": "Siân, Gwenllïan, Llŷr, Angharad, Rhŷs, Ffion, Tomos, Dŵr",
    "French": "Chloé, Maëlys, Léo, François, Anaïs, Jean-Noël, Œdipe, Aÿna",
    "Spanish": "Íñigo, Begoña, José, Martín, Lucía, Ángela, Núria, Peñélope",
    "Portuguese": "João, Inês, Conceição, Simão, Antônia, Íris, Luís, Assunção",
    "Catalan": "Marcel·la, Núria, Jordi, Gràcia, Òscar, Agnès, Lluïsa, Martí",
    "German": "Jürgen, Käthe, Björn, Weiß, Lötte, Anneliese, Grüne, Elias",
    "Danish": "Søren, Åse, Mæja, Bjørn, Kjær, Frederik, Asbjørn, Lærke",
    "Icelandic": "Þórdís, Guðrún, Ægir, Sigríður, Björk, Hrafnhildur, Óðinn, Ýr",
    "Finnish": "Väinö, Äijä, Aino, Yrjö, Päivi, Mikael, Kyösti, Elli",
    "Polish": "Łucja, Świętosława, Michał, Zdzisław, Małgorzata, Żaneta, Grażyna, Bartłomiej",
    "Czech": "Řehoř, Žofie, Šárka, Jiří, Květa, Zdeněk, Růžena, Ondřej",
    "Slovak": "Ľubica, Ľudovít, Vieročka, Ján, Zlatica, Želmíra, Bohuš, Ďuro",
    "Hungarian": "Győző, Zsófia, Ödön, Csűrös, László, Tünde, Bence, Őze",
    "Romanian": "Ștefan, Ioana, Țuțea, Cătălin, Măriuca, Răzvan, Brândușa, Horațiu",
    "Croatian": "Đurđica, Željko, Čedomir, Šime, Ćiro, Ljubica, Jadranka, Njegoš",
    "Latvian": "Ņina, Ģirts, Kārlis, Ļubova, Jānis, Līga, Žanis, Ķersts",
    "Lithuanian": "Žygimantas, Eglė, Jūratė, Šarūnas, Ąžuolas, Ugnė, Rūta, Vytė",
    "Turkish": "Işıl, Yağmur, Çağla, Şeyma, İbrahim, Gül, Ömer, Doğa",
    "Azerbaijani": "Əli, Günəş, Ləman, Cəfər, Şəbnəm, Xədicə, Nərmin, Orxan",
    "Yoruba": "Ọlá, Adébáyọ̀, Ṣadé, Fẹ́mi, Títílayọ̀, Ọláolúwa, Ẹniọlá, Bọ́lá",
    "Hausa and Ewe": "Ɗanjuma, Ɓello, Ƙasimu, Kɔfi, Ɛsi, Yaŋo, Aƒi, Ŋɔli",
    "Hawaiian and Māori": "Kāne, Hōkū, Tāne, Māia, Wikitōria, Mānoa, Pōhutu, ʻAkela",
    "Vietnamese": "Nguyễn, Ngọc Ánh, Thuỷ Tiên, Đức, Phượng, Hồng Nhung, Quỳnh, Bảo Trâm",
    "Greek": "Ελένη, Γιώργος, Αθηνά, Χρυσούλα, Ευαγγελία, Ίρις, Θωμάς, Ραφαήλ",
    "Russian": "Ольга, Алёна, Пётр, Мария, Дмитрий, Юля, Никита, Василиса",
    "Ukrainian": "Їжа, Єва, Ганна, Ґрета, Лук’ян, Соломія, Андрій, Мар’яна",
    "Serbian and Macedonian": "Ђорђе, Љубица, Његош, Ћира, Џенана, Ѓорѓи, Ќирил, Ѕвездана",
    "Kazakh": "Әлия, Ұлжан, Қарлығаш, Өркен, Нұрсұлтан, Іңкәр, Үміт, Шыңғыс",
    "Arabic": "محمد, فاطمة, عائشة, يوسف, لؤي, هدى, عبد الرحمن, آمنة",
    "Persian": "کیان, پریسا, ژاله, مهسا, آرش, گلنار, یگانه, نی‌لوفر",
    "Urdu": "زینب, علی, ہما, ڈالیا, فرّخ, ٹیپو, نگہت, رابعہ",
    "Hebrew": "נועה, יצחק, שָׂרָה, ג׳ורג׳, אסתר, מרים, בת־שבע, יהונתן",
    "Hindi": "साक्षी, आरव, श्रुति, कृष्णा, ज्ञान, अद्वैत, दृष्टि, विद्या",
    "Marathi and Nepali": "ज्ञानेश्वरी, सई, वैष्णवी, ऋतुजा, बुद्धिसागर, श्रीधर, मुक्ता, प्रज्वल",
    "Thai": "ณัฐวุฒิ, สุดารัตน์, กิตติ, น้ำฝน, พิมพ์ชนก, ปิ่น, ธัญญ่า, เพ็ญศรี",
    "Chinese": "小明, 婉婷, 欧阳修远, 雨桐, 子涵, 佳怡, 國華, 龍兒",
    "Japanese": "さくら, 陽翔, ハルト, 結衣, 湊, メアリー・アン, あおい, ひなた",
    "Korean": "서연, 민준, 지우, 하은, 도윤, 예린, 현우, 꽃님",
}
CJK = ("Chinese", "Japanese", "Korean")


def every() -> list[tuple[str, str]]:
    """(language, name) for every name."""
    return [(language, name) for language, line in NAMES.items() for name in line.split(", ")]
