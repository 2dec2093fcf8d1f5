//! Where a mistake stands in a file, and how it is told.

use super::*;

const SMALL: &str = include_str!("../tests/small.toml");

fn wrong(text: &str) -> Vec<String> {
    let errors = Rulebook::from_toml(text).err().unwrap_or_default();
    errors.iter().map(ToString::to_string).collect()
}

/// Changes the sample in one place and looks whether one sentence is told, which begins so, at
/// the mark `§` of the change.
fn look_at(old: &str, new: &str, expected: &str) {
    assert!(SMALL.contains(old), "the sample has no {old}");
    let marked = SMALL.replacen(old, new, 1);
    let before = marked.split('§').next().unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    let errors = wrong(&marked.replace('§', ""));
    let [error] = errors.as_slice() else {
        panic!("{new}: {errors:#?}");
    };
    let expected = format!("第 {line} 行第 {column} 列{expected}");
    assert!(error.starts_with(&expected), "{new}\n{error}\n{expected}");
}

#[test]
fn lines_and_columns_are_counted_from_one_in_characters() {
    let text = "key = \"小\"\r\ntitle = \"小\"\nperiod = { unit = \"year\", starts = 5 }\n";
    assert_eq!(
        wrong(text),
        ["第 3 行第 36 列 period.starts：这里是整数「5」，应为引号中的文字"]
    );
    let last = "key = \"小\"\ntitle = \"小\" \"";
    let errors = Rulebook::from_toml(last).unwrap_err();
    assert_eq!((errors[0].line, errors[0].column), (2, 13));
}

#[test]
fn a_right_file_is_read() {
    assert_eq!(wrong(SMALL), [""; 0]);
    assert_eq!(Rulebook::from_toml(SMALL).unwrap().key, "small");
}

#[test]
fn what_makes_no_sense_is_told_where_it_stands() {
    for (old, new, expected) in [
        (
            "cap = 25",
            "§cap = -1",
            " parts[1].cap：上限 cap（-1）低于起始分 start（0）",
        ),
        (
            "status = \"absent\" }]",
            "§status = \"abcent\" }]",
            " rules[0].counts[0].status：不认识的出席情况「abcent」，是否想写 absent（缺席）？",
        ),
        (
            "{ points = -5 }]",
            "{ points = -5 }, §{ when = { activity = \"plenary\" }, points = -9 }]",
            " rules[0].values[2]：这一行永远轮不到：第 1 行",
        ),
        (
            "[[rules]]\nkey = \"activity\"\n",
            "§[[rules]]\nkey = \"activity\"\nvalues = [{ points = 1 }]\n",
            " rules[2]：计多少分应在 points",
        ),
        (
            "unit = \"year\"",
            "unit = \"year\", §starts = \"02-30\"",
            " period.starts：「02-30」",
        ),
        (
            "title = \"称职\"",
            "title = \"称职\"\nneeds = [§\"two\"]",
            " grades[1].needs[0]：不认识的委员的必做「two」",
        ),
    ] {
        look_at(old, new, expected);
    }
}

#[test]
fn errors_stand_in_the_order_of_the_file() {
    let text = SMALL
        .replace("key = \"small\"", "key = \"Small\"")
        .replace("cap = 25", "cap = -1")
        .replace("text = \"每次 2 分，最多 10 分。\"", "text = \"\"")
        .replace("status = \"absent\" }]", "status = \"abcent\" }]");
    let errors = Rulebook::from_toml(&text).unwrap_err();
    let paths: Vec<&str> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "key",
            "rules[0].counts[0].status",
            "parts[1].cap",
            "rules[2].text"
        ]
    );
    assert!(errors.is_sorted_by_key(|error| (error.line, error.column)));
}

#[test]
fn what_a_rulebook_has_not_is_told_with_what_it_has() {
    for (old, new, expected) in [
        (
            "points = 2\n",
            "§pointz = 2\n",
            " rules[2].pointz：不认识的项「pointz」，是否想写 points？可用的项：key、part、",
        ),
        (
            "version = 1",
            "§verzion = 1",
            " verzion：不认识的项「verzion」，是否想写 version？",
        ),
        (
            "rounding = { to = 0.01, mode = \"half_up\" }",
            "rounding = { to = 0.01, mode = §\"half-up\" }",
            " total.rounding.mode：不认识的词「half-up」，是否想写 half_up（四舍五入）？可用的有：half_up（四舍五入）、down（舍去）、up（进一）",
        ),
        (
            "same_thing = \"best\"",
            "same_thing = §\"各条均计\"",
            " same_thing：不认识的词「各条均计」，是否想写 each（各条均计）？",
        ),
        (
            "[[grades]]\nkey = \"good\"\ntitle = \"优秀\"\n",
            "§[[grades]]\nkey = \"good\"\n",
            " grades[0]：缺少 title，应写上「title = ……」",
        ),
        ("key = \"small\"\n", "§", "：缺少 key"),
        (
            "version = 1",
            "version = §\"一\"",
            " version：这里是文字「一」，应为1 以上的整数",
        ),
        (
            "version = 1",
            "version = §-1",
            " version：这里是整数「-1」，应为1 以上的整数",
        ),
        (
            "title = \"优秀\"",
            "title = §5",
            " grades[0].title：这里是整数「5」，应为引号中的文字",
        ),
        (
            "points = 2\n",
            "points = 2\nagain = §\"yes\"\n",
            " rules[2].again：这里是文字「yes」，应为true 或 false",
        ),
    ] {
        look_at(old, new, expected);
    }
}

#[test]
fn what_is_of_another_type_is_told_with_what_is_expected() {
    for (old, new, expected) in [
        (
            "points = 2\n",
            "points = §true\n",
            " rules[2].points：这里是是非值「true」，应为数，如 5、12.5 或 \"2/3\"",
        ),
        (
            "points = 2\n",
            "points = §\"两分\"\n",
            " rules[2].points：应为绝对值不超过 1000000",
        ),
        (
            "points = 2\n",
            "points = §0.12345\n",
            " rules[2].points：应为绝对值不超过 1000000",
        ),
        (
            "counts = [{ kind = \"proposal\" }]",
            "counts = §{ kind = \"proposal\" }",
            " rules[1].counts：应放在方括号里：[{ …… }]",
        ),
        (
            "counts = [{ kind = \"proposal\" }]",
            "counts = [§\"proposal\"]",
            " rules[1].counts[0]：这里是文字「proposal」，应为一类事",
        ),
        (
            "counts = [{ kind = \"proposal\" }]",
            "counts = [§{ stage = \"filed\" }]",
            " rules[1].counts[0]：缺少 kind",
        ),
        (
            "counts = [{ kind = \"proposal\" }]",
            "counts = [{ kind = \"proposal\", place = §1 }]",
            " rules[1].counts[0].place：这里是整数「1」，应为一个词、几个词的列表",
        ),
        (
            "counts = [{ kind = \"proposal\" }]",
            "counts = [{ kind = \"proposal\", place = { not = §1 } }]",
            " rules[1].counts[0].place.not：not 后面应为",
        ),
        (
            "counts = [{ kind = \"proposal\" }]",
            "counts = [{ kind = \"proposal\", place = §{} }]",
            " rules[1].counts[0].place：应写 { not = [ ] }",
        ),
        (
            "counts = [{ kind = \"proposal\" }]",
            "counts = [{ kind = \"proposal\", of = §\"all\" }]",
            " rules[1].counts[0].of：不认识的词「all」；可用的有：own（活动组自身）、",
        ),
        (
            "period = { unit = \"year\" }",
            "period = §5",
            " period：这里是整数「5」，应为表 { 名称 = 值 }",
        ),
        (
            "[[grades]]\nkey = \"good\"",
            "[[deemed]]\nclause = \"1\"\ntext = \"1\"\nwhen = { kind = \"attendance\" }\nas = { share = §{} }\n\n[[grades]]\nkey = \"good\"",
            " deemed[0].as.share：这里是表 { }，应为true、false、数、引号中的词",
        ),
    ] {
        look_at(old, new, expected);
    }
}

#[test]
fn what_a_clerk_types_by_habit_is_told_with_what_is_right() {
    for (old, new, expected) in [
        (
            "points = 2\n",
            "points = §２．５\n",
            "：数字、小数点和负号要在英文状态下打：应写 2.5",
        ),
        (
            "points = 2\n",
            "points = §\"２\"\n",
            " rules[2].points：数字、小数点和负号要在英文状态下打：应写 2",
        ),
        (
            "points = 2\n",
            "points = §1/2\n",
            "：分数要放在英文引号中：应写 \"1/2\"",
        ),
        ("points = 2\n", "points = §20%\n", "：百分数写成小数"),
        (
            "points = 2\n",
            "points = §\"20%\"\n",
            " rules[2].points：百分数写成小数",
        ),
        ("points = 2\n", "points = §两分\n", "：文字应放在英文引号"),
        (
            "points = 2\n",
            "points §＝ 2\n",
            "：「＝」要在英文状态下打：应写 =",
        ),
        (
            "counts = [{ kind = \"proposal\" }]",
            "counts = [{ kind = \"proposal\"§，stage = \"filed\" }]",
            "：「，」要在英文状态下打：应写 ,",
        ),
        (
            "points = 2\n",
            "points = 2\n§notice = \"试行\"\n",
            " rules[2].notice：notice 不属于这张表；它要写在文件最前面",
        ),
        (
            "counts = [{ kind = \"proposal\" }]",
            "counts = [{ kind = §[\"proposal\", \"study\"] }]",
            " rules[1].counts[0].kind：应为引号中的一个类别；几个类别各写一对花括号",
        ),
        (
            "cap = 25",
            "cap = 25\n§weight = 0.6",
            " parts[1].weight：不认识的项「weight」；可用的项：",
        ),
    ] {
        look_at(old, new, expected);
    }
    let said = wrong(&SMALL.replace("cap = 25", "cap = 25\nweight = 0.6"));
    assert!(
        said[0].ends_with("请把每条的分值先乘好（7.2 节）"),
        "{said:?}"
    );
}

#[test]
fn brackets_are_told_as_they_should_be() {
    let once = "key = \"k\"\ntitle = \"t\"\nversion = 1\nsame_thing = \"best\"\n\
        period = { unit = \"year\" }\ntotal = { rounding = { to = 1, mode = \"up\" } }\n";
    assert_eq!(
        wrong(&format!("{once}[rules]\nkey = \"a\"\n")),
        ["第 7 行第 1 列 rules：应写成两层方括号 [[rules]]，每一条上面都写一行"]
    );
    let review = "[[reviews]]\nkey = \"r\"\nkind = \"other\"\ntitle = \"R\"\nclause = \"1\"\n\
        text = \"R\"\ndecided_by = \"D\"\n[reviews.rungs]\nkey = \"a\"\n";
    let said = wrong(&format!("{once}{review}"));
    assert!(
        said[0].ends_with("[[reviews.rungs]]，每一条上面都写一行"),
        "{said:?}"
    );
    let ranking = "[[ranking]]\nper = \"whole\"\n";
    assert_eq!(
        wrong(&format!("{once}{ranking}")),
        ["第 7 行第 1 列 ranking[0]：这张表只有一张，应写成一层方括号 [ranking]"]
    );
}

#[test]
fn each_table_that_cannot_be_read_is_told() {
    let text = SMALL
        .replace("points = 2\n", "pointz = 2\n")
        .replace("title = \"优秀\"\n", "")
        .replace("unit = \"year\"", "unit = \"decade\"")
        .replace("cap = 25", "cap = [25]");
    let errors = Rulebook::from_toml(&text).unwrap_err();
    let paths: Vec<&str> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "period.unit",
            "parts[1].cap",
            "rules[2].pointz",
            "grades[0]"
        ]
    );
}

#[test]
fn mistakes_of_writing_are_told() {
    for (old, new, expected) in [
        (
            "title = \"小型细则\"",
            "title = §小型细则",
            "：文字应放在英文引号",
        ),
        ("version = 1", "version =§", "：等号后面没有值"),
        (
            "version = 1",
            "version = 1\n§version = 2",
            "：同一张表里这个名称写了两次",
        ),
        ("version = 1", "version§", "：只有名称，没有「= 值」"),
        ("version = 1", "version = §01", "：数字前面不要写 0"),
        (
            "[[grades]]\nkey = \"good\"",
            "[[grades]§\nkey = \"good\"",
            "：缺少右方括号 ]]",
        ),
        ("cap = 25", "cap = \"25\" §\"分\"", "：这里多了内容"),
    ] {
        look_at(old, new, expected);
    }
}

#[test]
fn every_mistake_of_writing_is_told_at_once() {
    let text = SMALL
        .replacen("version = 1", "version =§", 1)
        .replacen("cap = 25", "cap = 2_", 1);
    let lines: Vec<usize> = Rulebook::from_toml(&text)
        .unwrap_err()
        .iter()
        .map(|error| error.line)
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], 3);
}

#[test]
fn what_is_not_foreseen_is_told_as_the_parser_says_it() {
    assert_eq!(sentence::of_writing("odd", ""), "不合 TOML 的写法（odd）");
    assert_eq!(sentence::of_reading("odd", "", ""), "内容不合要求（odd）");
    assert_eq!(
        sentence::of_reading("invalid type: unit value, expected a widget", "", ""),
        "这里是unit value，应为a widget"
    );
}
