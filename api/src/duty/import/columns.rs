//! The columns of a list of one kind, in the words of the vocabulary, and finding them in a file.

use domain::score::{Attribute, Holds, Kind, Vocabulary};
use domain::table::{self, Cell, shown};

use crate::duty::vocabulary::{CONVERTED, SIGNATURE, is_signed};
use crate::error::FieldError;
use crate::spreadsheet::template::TemplateColumn;

/// What a column tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// The number under which the office filed it.
    Number,
    /// The document that says so.
    Document,
    /// Its title.
    Title,
    /// The day it was done.
    Day,
    /// Who signed it first, or alone.
    First,
    /// Who signed it besides.
    Signers,
    /// In words.
    Content,
    /// The number of what became this, of this kind.
    From(String),
    /// An attribute of the kind.
    Attribute(Attribute),
}

/// A column of the list.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// The heading.
    pub heading: String,
    /// What offices call it besides.
    aliases: &'static [&'static str],
    /// Whether the file must have the column and every row a value in it.
    pub required: bool,
    help: String,
    /// What it tells.
    pub field: Field,
}

const NUMBER: &[&str] = &["案号", "提案号", "序号编号", "信息编号"];
const TITLE: &[&str] = &["案由", "题目", "名称"];
const DAY: &[&str] = &["提交日期", "报送日期", "时间"];
const FIRST: &[&str] = &[
    "第一提案人",
    "第一提交人",
    "提案人",
    "提交人",
    "报送人",
    "反映人",
    "作者",
    "委员",
    "姓名",
];
const SIGNERS: &[&str] = &["联名委员", "附议人", "联合提案人"];

/// The columns of a list of this kind, in the order of the template.
pub(super) fn columns(vocabulary: &Vocabulary, kind: &Kind) -> Vec<Column> {
    let column = |heading: &str, aliases, required, help: &str, field| Column {
        heading: heading.to_owned(),
        aliases,
        required,
        help: help.to_owned(),
        field,
    };
    let signed = is_signed(kind);
    let first = match (kind.key.as_str(), signed) {
        ("proposal", _) => "第一提案人",
        (_, true) => vocabulary.title(&kind.key, "role", "first"),
        (_, false) => "委员",
    };
    let who = "委员姓名；同名的写作 姓名（活动组名称）；集体事项写活动组名称";
    let mut columns = vec![
        column(
            "编号",
            NUMBER,
            false,
            "办公室的编号，同类中不重复；最多 50 个字",
            Field::Number,
        ),
        column(
            "文号",
            &[],
            false,
            "作为依据的文件名称和文号；最多 200 个字",
            Field::Document,
        ),
        column("标题", TITLE, true, "最多 100 个字", Field::Title),
        column("日期", DAY, true, "格式 2026-01-31", Field::Day),
        column(first, FIRST, true, who, Field::First),
    ];
    if signed {
        let help = "其他署名委员，按署名次序用“、”隔开";
        columns.push(column("联名人", SIGNERS, false, help, Field::Signers));
    }
    for attribute in &kind.attributes {
        if SIGNATURE.contains(&attribute.key.as_str()) {
            continue;
        }
        let taken = columns.iter().any(|one| one.heading == attribute.title);
        let heading = if taken {
            format!("{}（{}）", attribute.title, attribute.key)
        } else {
            attribute.title.clone()
        };
        let field = Field::Attribute(attribute.clone());
        columns.push(column(&heading, &[], false, &help(attribute), field));
    }
    for source in sources(vocabulary, kind) {
        let heading = format!("转自{}编号", source.title);
        let help = format!(
            "由{}转来的，填原{}的编号；两者算同一件事项",
            source.title, source.title
        );
        columns.push(column(
            &heading,
            &[],
            false,
            &help,
            Field::From(source.key.clone()),
        ));
    }
    columns.push(column(
        "内容",
        &["内容摘要", "摘要"],
        false,
        "最多 5000 个字",
        Field::Content,
    ));
    columns
}

/// The kinds whose things can become things of this kind.
pub(super) fn sources<'v>(vocabulary: &'v Vocabulary, kind: &Kind) -> Vec<&'v Kind> {
    let converts = |kind: &Kind| {
        let mut words = kind.attributes.iter().flat_map(|one| &one.words);
        words.any(|word| word.key == CONVERTED)
    };
    if !is_signed(kind) || converts(kind) {
        return Vec::new();
    }
    vocabulary.kinds().filter(|one| converts(one)).collect()
}

fn help(attribute: &Attribute) -> String {
    let words: Vec<&str> = attribute
        .words
        .iter()
        .map(|word| word.title.as_str())
        .collect();
    match attribute.holds {
        Holds::Word => format!("填其中之一：{}", words.join("、")),
        Holds::Words => format!("填其中若干项，用“、”隔开：{}", words.join("、")),
        Holds::Number => "数字，最多两位小数".to_owned(),
        Holds::Flag => "是或否".to_owned(),
        Holds::Text => "文字，最多 200 个字".to_owned(),
    }
}

impl Column {
    /// The column as the template has it.
    pub fn template(&self) -> TemplateColumn {
        let titles = |attribute: &Attribute| {
            let words = attribute.words.iter();
            words.map(|word| word.title.clone()).collect()
        };
        let choices = match &self.field {
            Field::Attribute(attribute) if attribute.holds == Holds::Word => titles(attribute),
            Field::Attribute(attribute) if attribute.holds == Holds::Flag => {
                ["是", "否"].map(str::to_owned).to_vec()
            }
            _ => Vec::new(),
        };
        TemplateColumn {
            header: self.heading.clone(),
            required: self.required,
            help: self.help.clone(),
            choices,
        }
    }
}

/// Where each column stands in one file.
#[derive(Clone, Debug)]
pub(super) struct Header {
    places: Vec<Option<usize>>,
    /// Columns that are there and tell nothing: 序号.
    ignored: Vec<usize>,
}

impl Header {
    /// The cell of a column, empty where the row or the file has none.
    pub fn cell<'a>(&self, column: usize, cells: &'a [Cell]) -> &'a Cell {
        self.places[column]
            .and_then(|place| cells.get(place))
            .unwrap_or(&Cell::Empty)
    }

    /// Whether a cell at this index belongs to a column.
    pub fn covers(&self, index: usize) -> bool {
        self.places.contains(&Some(index)) || self.ignored.contains(&index)
    }
}

/// Finds the columns in a file's heading, in whatever order they come.
pub(super) fn header(
    columns: &[Column],
    cells: &[Cell],
    row: usize,
) -> Result<Header, Vec<FieldError>> {
    let mut header = Header {
        places: vec![None; columns.len()],
        ignored: Vec::new(),
    };
    let mut errors = Vec::new();
    let mut wrong = |code, message| {
        errors.push(FieldError {
            pointer: format!("第 {row} 行"),
            code,
            message,
        });
    };
    for (index, cell) in cells.iter().enumerate() {
        let position = index + 1;
        let heading = match table::heading(cell) {
            Ok(None) => continue,
            Ok(Some(heading)) => heading,
            Err(_) => {
                let message = format!("第 {position} 列的表头不是文字(可能是合并单元格或公式)");
                wrong("column_not_text", message);
                continue;
            }
        };
        if heading == "序号" {
            header.ignored.push(index);
            continue;
        }
        let means = |column: &Column| {
            column.heading == heading || column.aliases.contains(&heading.as_str())
        };
        let exact = columns.iter().position(|column| column.heading == heading);
        match exact.or_else(|| columns.iter().position(means)) {
            None => {
                let heading = shown(&heading);
                let message =
                    format!("第 {position} 列的表头“{heading}”不是模板的栏目，请删除或按模板改名");
                wrong("column_unknown", message);
            }
            Some(column) if header.places[column].is_some() => {
                wrong(
                    "column_duplicate",
                    format!("第 {position} 列的表头“{heading}”重复"),
                );
            }
            Some(column) => header.places[column] = Some(index),
        }
    }
    for (column, place) in columns.iter().zip(&header.places) {
        if column.required && place.is_none() {
            wrong(
                "column_missing",
                format!("缺少必填的栏目“{}”", column.heading),
            );
        }
    }
    if errors.is_empty() {
        Ok(header)
    } else {
        Err(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(kind: &str) -> Vec<String> {
        let vocabulary = Vocabulary::usual();
        let columns = columns(&vocabulary, vocabulary.kind(kind).unwrap());
        columns.into_iter().map(|column| column.heading).collect()
    }

    #[test]
    fn the_columns_are_the_words_of_the_vocabulary() {
        assert_eq!(
            headings("proposal"),
            [
                "编号",
                "文号",
                "标题",
                "日期",
                "第一提案人",
                "联名人",
                "形式",
                "办理阶段",
                "内容"
            ]
        );
        assert_eq!(
            headings("opinion_report"),
            [
                "编号",
                "文号",
                "标题",
                "日期",
                "第一提交人",
                "联名人",
                "形式",
                "采用",
                "采用层级",
                "批示层级",
                "转自提案编号",
                "内容"
            ]
        );
        assert_eq!(
            headings("good_deed"),
            ["编号", "文号", "标题", "日期", "委员", "数额", "内容"]
        );
    }

    #[test]
    fn a_heading_is_known_by_what_offices_call_it() {
        let vocabulary = Vocabulary::usual();
        let columns = columns(&vocabulary, vocabulary.kind("proposal").unwrap());
        let cells = |texts: &[&str]| -> Vec<Cell> {
            texts
                .iter()
                .map(|text| Cell::Text((*text).to_owned()))
                .collect()
        };
        let row = cells(&["序号", "案号", "案由*", "日期", "提案人", "附议人"]);
        let header = super::header(&columns, &row, 1).unwrap();
        assert_eq!(header.cell(0, &row), &row[1]);
        assert!((0..6).all(|index| header.covers(index)));

        let errors = super::header(&columns, &cells(&["案由", "标题", "电话"]), 3).unwrap_err();
        let codes: Vec<_> = errors.iter().map(|error| error.code).collect();
        assert_eq!(
            codes,
            [
                "column_duplicate",
                "column_unknown",
                "column_missing",
                "column_missing"
            ]
        );
    }
}
