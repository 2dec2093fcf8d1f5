//! What parsers say, told in Chinese with what would be right.

use super::super::amount::{Amount, NotAnAmount};
use super::super::check::suggest::unknown;
use super::super::choices::titled;

/// What is wrong with the writing of a file, by the beginning of what the parser says.
const WRITING: [(&str, &str); 40] = [
    ("duplicate key", "同一张表里这个名称写了两次，请只留一个"),
    (
        "string values must be quoted",
        "文字应放在英文引号 \" \" 中",
    ),
    (
        "missing comma between array elements",
        "列表 [ ] 的各项之间应有英文逗号",
    ),
    (
        "missing comma between key-value pairs",
        "表 { } 的各项之间应有英文逗号",
    ),
    (
        "missing assignment between key-value pairs",
        "名称与值之间应有等号 =",
    ),
    ("missing value for key", "等号后面没有值"),
    ("missing value", "等号后面没有值"),
    (
        "key with no value",
        "只有名称，没有「= 值」；若是文字请放在引号中，若是说明请以 # 开头",
    ),
    ("missing opening quote", "缺少前引号 \""),
    (
        "missing escaped value",
        "反斜杠 \\ 后面不完整；要写反斜杠本身请写 \\\\",
    ),
    (
        "too few unicode value digits",
        "\\u 后面应有 4 位、\\U 后面应有 8 位十六进制数字",
    ),
    (
        "missing key for inline table element",
        "表 { } 中的一项没有名称",
    ),
    ("missing inline table opening", "缺少左花括号 {"),
    ("missing array opening", "缺少左方括号 ["),
    ("missing table open", "缺少左方括号 ["),
    ("missing comment start", "说明应以 # 开头"),
    ("unclosed array table", "缺少右方括号 ]]"),
    ("unclosed inline table", "缺少右花括号 }"),
    ("unclosed table", "缺少右方括号 ]"),
    ("unclosed array", "缺少右方括号 ]"),
    ("extra comma", "多了一个逗号"),
    ("extra assignment", "多了一个等号 ="),
    ("extra `=`", "多了一个等号 ="),
    (
        "unexpected `=` in array",
        "列表 [ ] 里不能有等号；要写「名称 = 值」请用花括号 { }",
    ),
    ("unexpected leading zero", "数字前面不要写 0"),
    ("unexpected sign", "数字的正负号写错了"),
    (
        "unexpected key or value",
        "这里多了内容，每行只写一项「名称 = 值」",
    ),
    (
        "unexpected content",
        "这里多了内容，每行只写一项「名称 = 值」",
    ),
    ("redundant numeric sign", "数字前面的正负号写了两次"),
    (
        "redundant integer number prefix",
        "数字写法不对，应为 5、12.5 这样的数",
    ),
    (
        "integers with a radix",
        "数字写法不对，应为 5、12.5 这样的数",
    ),
    (
        "radix must be lowercase",
        "数字写法不对，应为 5、12.5 这样的数",
    ),
    (
        "`_` may only go between digits",
        "数字中的下划线只能在两个数字之间",
    ),
    (
        "invalid unquoted key",
        "名称只能用英文字母、数字、下划线；请检查是否用了中文标点",
    ),
    ("unquoted keys cannot be empty", "等号前面没有名称"),
    ("keys cannot be multi-line", "名称不能分成几行"),
    (
        "carriage return must be followed",
        "换行符写法不对，请另存为普通文本",
    ),
    ("cannot recurse further", "表和列表套得太深"),
    (
        "invalid comment character",
        "说明里有看不见的控制字符，请删去",
    ),
    (
        "invalid ",
        "这里写得不对；请检查引号、逗号是否用了中文标点，引号是否成对",
    ),
];

/// What readers expect, by the beginning of how they say it.
const EXPECTED: [(&str, &str); 13] = [
    ("a number such as", "数，如 5、12.5 或 \"2/3\""),
    ("u32", "1 以上的整数"),
    ("i64", "整数"),
    ("a string", "引号中的文字"),
    ("a boolean", "true 或 false"),
    ("a sequence", "列表 [ ]"),
    ("struct ", "表 { 名称 = 值 } 或 [[ ]] 开头的一段"),
    ("a map", "表 { 名称 = 值 }"),
    (
        "facts such as",
        "一类事，如 { kind = \"proposal\", stage = [\"filed\"] }",
    ),
    (
        "a word, a list of words",
        "一个词、几个词的列表、true、false、{ not = [ ] } 或 { at_least = 2 } 这样的界限",
    ),
    ("a borrowed string", "引号中的文字"),
    (
        "true, false, a number",
        "true、false、数、引号中的词或词的列表",
    ),
    ("string or table", "引号中的文字或表 { }"),
];

/// What stands there instead, by the beginning of how readers say it.
const STANDS: [(&str, &str); 6] = [
    ("boolean", "是非值"),
    ("integer", "整数"),
    ("floating point", "小数"),
    ("string", "文字"),
    ("sequence", "列表 [ ]"),
    ("map", "表 { }"),
];

/// Tables that are written once for each entry, under a heading in double brackets.
const LISTS: [&str; 10] = [
    "kinds",
    "recorders",
    "deemed",
    "parts",
    "rules",
    "requirements",
    "grades",
    "overrides",
    "reviews",
    "rungs",
];

/// Tables that there are only once.
const SINGLE: [&str; 7] = [
    "period",
    "total",
    "group_total",
    "assessed",
    "part_year",
    "ranking",
    "visibility",
];

/// What stands only at the top of a file.
const HEAD: [&str; 4] = ["version", "source", "notice", "same_thing"];

/// What people look for in vain, by how it begins, and what helps (chapter 7.2 of the guide).
const INSTEAD: [(&[&str], &str); 5] = [
    (
        &["weight", "ratio", "percent", "scale", "factor"],
        "部分和条款不能再乘比例，请把每条的分值先乘好",
    ),
    (
        &["attendance", "rate"],
        "得分只能来自一件一件的事，不能来自出席率：出席率写成必做，或算好后作为外部评分填入",
    ),
    (
        &["rank"],
        "名次在得分之后，不能再影响得分：写成评议，加分作为下一期的事实",
    ),
    (
        &["consecutive_", "in_a_row", "streak", "running"],
        "连续几次的会数不了，consecutive 数的是考核期：由办公室认定后记一条事实",
    ),
    (
        &["group_total", "group_points", "average", "total"],
        "条款数的是事，不是总分：先算一遍，再把总分作为外部评分或活动组工作填入",
    ),
];

/// A mistake that keeps a file from being TOML; `here` is the line from it on.
pub(super) fn of_writing(message: &str, here: &str) -> String {
    let value = here.split([',', ']', '}', '#']).next().unwrap_or_default();
    let plain = half_width(value.trim());
    if message.starts_with("string values must be quoted") {
        if plain.ends_with('%') {
            return "百分数写成小数，如百分之二十写 0.2".to_owned();
        }
        let number = |text: &str| text.chars().all(|char| "-.0123456789".contains(char));
        if plain != value.trim() && !plain.is_empty() && number(&plain) {
            return format!("数字、小数点和负号要在英文状态下打：应写 {plain}");
        }
        if plain
            .split_once('/')
            .is_some_and(|(above, below)| number(above) && number(below))
        {
            return format!("分数要放在英文引号中：应写 \"{plain}\"");
        }
    }
    let marks = [
        ('＝', '='),
        ('，', ','),
        ('｛', '{'),
        ('｝', '}'),
        ('［', '['),
        ('］', ']'),
    ];
    let typed = |(wide, _): &&(char, char)| here.trim_start().starts_with(*wide);
    if let Some((wide, narrow)) = marks.iter().find(typed) {
        return format!("「{wide}」要在英文状态下打：应写 {narrow}");
    }
    let known = WRITING
        .iter()
        .find(|(english, _)| message.starts_with(english));
    match known {
        Some((_, chinese)) => (*chinese).to_owned(),
        None => format!("不合 TOML 的写法（{message}）"),
    }
}

/// Digits and signs as they are typed in the Chinese mode, as they should be.
fn half_width(text: &str) -> String {
    crate::text::half_width(text)
}

/// What is TOML but not what a rulebook has at this place, where `here` stands.
pub(super) fn of_reading(message: &str, path: &str, here: &str) -> String {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (given, expected) = names
        .split_first()
        .map_or(("", &[][..]), |(given, rest)| (*given, rest));
    if message.starts_with("unknown field") {
        return unknown_field(given, expected, path);
    }
    if message.starts_with("unknown variant") {
        return unknown("词", given, &titled(expected));
    }
    if message.starts_with("missing field") {
        return format!("缺少 {given}，应写上「{given} = ……」");
    }
    if message.starts_with(&NotAnAmount.to_string()) {
        return no_amount(here);
    }
    if message.starts_with("expected either `not` or bounds") {
        return "应写 { not = [ ] } 或 { at_least = 2 } 这样的界限，二者只写其一".to_owned();
    }
    if message.contains("untagged enum Words") {
        return "not 后面应为引号中的词或词的列表，如 { not = [\"filed\"] }".to_owned();
    }
    let Some((stands, expected)) = mismatch(message) else {
        return format!("内容不合要求（{message}）");
    };
    let name = path.rsplit('.').next().unwrap_or_default();
    if stands.starts_with("map") && expected.starts_with("a sequence") {
        return if LISTS.contains(&name) && !here.starts_with('{') {
            format!(
                "应写成两层方括号 [[{path}]]，每一条上面都写一行",
                path = path_of_lists(path)
            )
        } else {
            "应放在方括号里：[{ …… }]；几对花括号之间用英文逗号".to_owned()
        };
    }
    // A reader takes a list for the fields of a table in their order.
    let (table, index) = name.split_once('[').unwrap_or((name, ""));
    if SINGLE.contains(&table) && (stands.starts_with("sequence") || !index.is_empty()) {
        return format!("这张表只有一张，应写成一层方括号 [{table}]");
    }
    if name == "kind" && stands.starts_with("sequence") {
        return "应为引号中的一个类别；几个类别各写一对花括号：[{ kind = …… }, { kind = …… }]"
            .to_owned();
    }
    format!("这里是{}，应为{}", stands_in(stands), expects(expected))
}

/// The heading of a list within the entries of others: `reviews.rungs`.
fn path_of_lists(path: &str) -> String {
    let names = path
        .split('.')
        .map(|name| name.split('[').next().unwrap_or(name));
    names.collect::<Vec<_>>().join(".")
}

fn unknown_field(given: &str, expected: &[&str], path: &str) -> String {
    if HEAD.contains(&given) && path.contains('.') {
        return format!(
            "{given} 不属于这张表；它要写在文件最前面，在第一个 [ ] 之前（第 1 章第 9 条）"
        );
    }
    let known: Vec<(&str, &str)> = expected.iter().map(|name| (*name, "")).collect();
    let sentence = unknown("项", given, &known).replace("可用的有", "可用的项");
    let meant = |(begins, _): &&(&[&str], &str)| begins.iter().any(|one| given.starts_with(one));
    match INSTEAD.iter().find(meant) {
        Some((_, instead)) if path.contains('.') => format!("{sentence}。{instead}（7.2 节）"),
        _ => sentence,
    }
}

/// What is no number although it should be.
fn no_amount(here: &str) -> String {
    let text = here.trim_matches('"').trim();
    let plain = half_width(text);
    if plain != text && plain.parse::<Amount>().is_ok() {
        return format!("数字、小数点和负号要在英文状态下打：应写 {plain}");
    }
    if plain.ends_with('%') {
        return "百分数写成小数，如百分之二十写 0.2".to_owned();
    }
    "应为绝对值不超过 1000000、最多四位小数的数，或引号中的分数如 \"2/3\"".to_owned()
}

fn mismatch(message: &str) -> Option<(&str, &str)> {
    let rest = message
        .strip_prefix("invalid type: ")
        .or(message.strip_prefix("invalid value: "))?;
    rest.rsplit_once(", expected ")
}

fn stands_in(stands: &str) -> String {
    let known = STANDS
        .iter()
        .find(|(english, _)| stands.starts_with(english));
    let shown = stands.split(['`', '"']).nth(1).unwrap_or_default();
    let kind = known.map_or(stands, |(_, chinese)| chinese);
    if shown.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind}「{shown}」")
    }
}

fn expects(expected: &str) -> &str {
    let known = EXPECTED
        .iter()
        .find(|(english, _)| expected.starts_with(english));
    known.map_or(expected, |(_, chinese)| chinese)
}
