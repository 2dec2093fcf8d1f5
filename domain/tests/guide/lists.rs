//! The lists of the guide that come from the code: kinds of fact, fixed words, names of fields.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::people::Position;
use domain::score::*;

const TEXT: &str = "writing to a string does not fail";

/// The guide with its generated lists as the code has them now.
pub fn rewrite(text: &str) -> String {
    let text = between(text, "事项表", &kinds());
    between(&text, "用词表", &words())
}

fn between(text: &str, name: &str, list: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- {name}完 -->"));
    let (before, rest) = text
        .split_once(&begin)
        .expect("the guide has a place for the list");
    let (_, after) = rest.split_once(&end).expect("the place has an end");
    format!("{before}{begin}\n{list}\n{end}{after}")
}

fn kinds() -> String {
    let mut text = String::new();
    for kind in Vocabulary::usual().kinds() {
        writeln!(text, "**{}** `{}`\n", kind.title, kind.key).expect(TEXT);
        text.push_str("| 项目 | 名称 | 填什么 |\n|---|---|---|\n");
        for attribute in &kind.attributes {
            let words: Vec<String> = attribute
                .words
                .iter()
                .map(|word| format!("{} `{}`", word.title, word.key))
                .collect();
            let holds = match attribute.holds {
                Holds::Word => format!("一个词：{}", words.join("、")),
                Holds::Words => format!("一个或几个词：{}", words.join("、")),
                Holds::Number => "数".to_owned(),
                Holds::Flag => "是 / 否".to_owned(),
                Holds::Text => "文字".to_owned(),
            };
            writeln!(
                text,
                "| {} | `{}` | {holds} |",
                attribute.title, attribute.key
            )
            .expect(TEXT);
        }
        text.push('\n');
    }
    text.pop();
    text
}

macro_rules! rows {
    ($($kind:ident $place:literal;)+) => {
        vec![$(($place, $kind::ALL.iter().map(|word| (word.as_str(), word.zh())).collect::<Vec<_>>()),)+]
    };
}

fn words() -> String {
    let rows = rows! {
        PeriodUnit "考核期 `unit`；条款里的 `each`";
        Position "职务 `position`";
        SameThing "一事多条 `same_thing`";
        SubjectKind "给谁计分 `subject`";
        Combine "部分如何合成 `combine`";
        RowChoice "分值表取哪几行 `rows`";
        Which "只计几件时取哪几件 `which`";
        Partial "达不到次数时 `partial`";
        Rest "其余署名人 `rest`";
        RoundingMode "取整 `mode`、`rounding`";
        PartYear "任期不满 `requirements`、`reach`";
        Of "算谁的事实 `of`";
        Within "在多长时间里数 `within`";
        Partition "在谁当中排 `per`";
        End "从哪一头取 `from`";
        Ties "并列 `ties`";
        ReviewKind "评议种类 `kind`";
        Viewer "谁能看 `visibility`";
        Holds "自加项目填什么 `type`";
    };
    let mut text = "| 用在哪里 | 可用的词 |\n|---|---|\n".to_owned();
    for (place, words) in rows {
        let words: Vec<String> = words
            .iter()
            .map(|(word, zh)| format!("`{word}` {zh}"))
            .collect();
        writeln!(text, "| {place} | {} |", words.join("；")).expect(TEXT);
    }
    text
}

/// The fields that each table of a rulebook can have, by its name in the guide.
pub fn fields() -> Vec<(&'static str, BTreeSet<String>)> {
    macro_rules! tables {
        ($($kind:ident $name:literal;)+) => { vec![$(($name, known::<$kind>()),)+] };
    }
    tables! {
        Rulebook "细则";
        PeriodRule "period";
        Total "total";
        Rounding "rounding";
        PartYearRule "part_year";
        Kind "kinds";
        Attribute "kinds.attributes";
        Word "kinds.attributes.words";
        Recorder "recorders";
        Deemed "deemed";
        Part "parts";
        Rule "rules";
        ValueRow "rules.values";
        Reach "rules.reach";
        Split "rules.splits";
        Requirement "requirements";
        Condition "条件";
        Bounds "界限";
        Grade "grades";
        Override "overrides";
        Ranking "ranking";
        Review "reviews";
        Pick "pick";
        Rung "reviews.rungs";
        Nomination "reviews.nominations";
        Visibility "visibility";
    }
}

/// The names that reading knows: it lists them when it meets another one.
fn known<T: serde::de::DeserializeOwned>() -> BTreeSet<String> {
    let message = match toml::from_str::<T>("no_such_field = 1") {
        Ok(_) => panic!("a table takes any field"),
        Err(error) => error.message().to_owned(),
    };
    let (_, names) = message
        .split_once("expected")
        .expect("reading says what it expected");
    names
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The fields that the reference of the guide has under the heading of a table.
pub fn fields_in_guide(text: &str, table: &str) -> BTreeSet<String> {
    let heading = format!("### 表 `{table}`");
    let rest = text
        .split_once(&heading)
        .unwrap_or_else(|| panic!("the guide has no table of {table}"))
        .1;
    let section = rest
        .split_once("\n### ")
        .map_or(rest, |(section, _)| section);
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .collect()
}
