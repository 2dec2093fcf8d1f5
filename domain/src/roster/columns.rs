//! The columns of the roster file, and finding them in a file's first row.

use super::CellError;
use crate::table::{self, Cell, shown};

/// A column of the roster file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The heading.
    pub header: &'static str,
    /// Whether the file must have the column and every row a value in it.
    pub required: bool,
    /// One line for the clerk who fills it in.
    pub help: &'static str,
}

/// Every column, in the order of the template.
pub const COLUMNS: &[Column] = &[
    Column {
        header: "姓名",
        required: true,
        help: "最多 50 个字, 少数民族姓名中间用“·”",
    },
    Column {
        header: "手机号",
        required: true,
        help: "11 位手机号, 单元格请设为文本格式",
    },
    Column {
        header: "界别",
        required: true,
        help: "与系统中的界别名称一致",
    },
    Column {
        header: "活动组",
        required: true,
        help: "与系统中的活动组名称一致",
    },
    Column {
        header: "职务",
        required: false,
        help: "委员、常委或主席会议成员; 不填为委员",
    },
    Column {
        header: "召集人",
        required: false,
        help: "是或否; 不填为否",
    },
    Column {
        header: "专委会",
        required: false,
        help: "与系统中的专委会名称一致",
    },
    Column {
        header: "工作单位",
        required: false,
        help: "单位及职务, 最多 100 个字",
    },
    Column {
        header: "加入日期",
        required: false,
        help: "格式 2026-01-31; 不填为本届起始日",
    },
    Column {
        header: "出生日期",
        required: false,
        help: "格式 1968-05-04; 加密保存, 只用于按年龄段统计",
    },
    Column {
        header: "备注",
        required: false,
        help: "最多 500 个字",
    },
];

/// A column by its place in [`COLUMNS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Name,
    Phone,
    Sector,
    Group,
    Position,
    Convener,
    SpecialCommittee,
    Employer,
    JoinedOn,
    BornOn,
    Remark,
}

impl Field {
    pub(super) const fn column(self) -> &'static Column {
        &COLUMNS[self as usize]
    }

    pub(super) fn error(self, code: &'static str, reason: impl Into<String>) -> CellError {
        CellError {
            column: self.column().header,
            code,
            reason: reason.into(),
        }
    }
}

/// Where each column stands in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// For each of [`COLUMNS`], the index of its cell in a row.
    places: [Option<usize>; COLUMNS.len()],
}

impl Header {
    /// The cell of a column, empty where the row or the file has none.
    pub(super) fn cell<'a>(&self, field: Field, cells: &'a [Cell]) -> &'a Cell {
        self.places[field as usize]
            .and_then(|place| cells.get(place))
            .unwrap_or(&Cell::Empty)
    }

    /// Whether a cell at this index belongs to a column.
    pub(super) fn covers(&self, index: usize) -> bool {
        self.places.contains(&Some(index))
    }
}

/// Why a first row is not the roster's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// A heading that is none of ours.
    Unknown {
        /// Which column of the file, from 1.
        position: usize,
        /// What the heading says.
        text: String,
    },
    /// A heading cell that is no text.
    NotText {
        /// Which column of the file, from 1.
        position: usize,
    },
    /// A heading that stands there twice.
    Duplicate {
        /// Which column of the file is the second, from 1.
        position: usize,
        /// The heading.
        header: &'static str,
    },
    /// A required column that the file does not have.
    Missing {
        /// The heading.
        header: &'static str,
    },
}

impl HeaderError {
    /// A stable word for the kind of error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "column_unknown",
            Self::NotText { .. } => "column_not_text",
            Self::Duplicate { .. } => "column_duplicate",
            Self::Missing { .. } => "column_missing",
        }
    }

    /// What is wrong, for the clerk.
    pub fn reason(&self) -> String {
        match self {
            Self::Unknown { position, text } => {
                format!("第 {position} 列的表头“{text}”不是名册的栏目, 请删除或按模板改名")
            }
            Self::NotText { position } => {
                format!("第 {position} 列的表头不是文字(可能是合并单元格或公式)")
            }
            Self::Duplicate { position, header } => {
                format!("第 {position} 列的表头“{header}”重复")
            }
            Self::Missing { header } => format!("缺少必填的栏目“{header}”"),
        }
    }
}

/// Finds the columns in a file's first row. They may come in any order, with blanks around them
/// and with the `*` that marks required columns in the template.
pub fn header(cells: &[Cell]) -> Result<Header, Vec<HeaderError>> {
    let mut places = [None; COLUMNS.len()];
    let mut errors = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let position = index + 1;
        let heading = match table::heading(cell) {
            Ok(None) => continue,
            Ok(Some(heading)) => heading,
            Err(_) => {
                errors.push(HeaderError::NotText { position });
                continue;
            }
        };
        match COLUMNS.iter().position(|column| column.header == heading) {
            None => errors.push(HeaderError::Unknown {
                position,
                text: shown(&heading),
            }),
            Some(column) if places[column].is_some() => {
                let header = COLUMNS[column].header;
                errors.push(HeaderError::Duplicate { position, header });
            }
            Some(column) => places[column] = Some(index),
        }
    }
    let missing = COLUMNS
        .iter()
        .zip(places)
        .filter(|(column, at)| column.required && at.is_none());
    errors.extend(missing.map(|(column, _)| HeaderError::Missing {
        header: column.header,
    }));
    if errors.is_empty() {
        Ok(Header { places })
    } else {
        Err(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(headings: &[&str]) -> Vec<Cell> {
        headings
            .iter()
            .map(|heading| Cell::Text((*heading).to_owned()))
            .collect()
    }

    #[test]
    fn each_field_names_its_column() {
        let table = [
            (Field::Name, "姓名"),
            (Field::Phone, "手机号"),
            (Field::Sector, "界别"),
            (Field::Group, "活动组"),
            (Field::Position, "职务"),
            (Field::Convener, "召集人"),
            (Field::SpecialCommittee, "专委会"),
            (Field::Employer, "工作单位"),
            (Field::JoinedOn, "加入日期"),
            (Field::BornOn, "出生日期"),
            (Field::Remark, "备注"),
        ];
        assert_eq!(table.len(), COLUMNS.len());
        for (field, header) in table {
            assert_eq!(field.column().header, header);
        }
    }

    #[test]
    fn headings_may_be_decorated_and_reordered() {
        let found = header(&cells(&[
            "\u{3000}活动组＊",
            "界别 *",
            " 手机号* ",
            "",
            "姓名\n",
        ]))
        .unwrap();
        assert_eq!(
            found.places[..5],
            [Some(4), Some(2), Some(1), Some(0), None]
        );
        assert!(!found.covers(3));
    }

    #[test]
    fn everything_wrong_with_a_header_is_said_at_once() {
        let mut row = cells(&["姓名", "身份证号", "姓名 *", "界别"]);
        row.push(Cell::Merged);
        row.push(Cell::Number(3.0));

        let errors = header(&row).unwrap_err();
        let expected = [
            HeaderError::Unknown {
                position: 2,
                text: "身份证号".to_owned(),
            },
            HeaderError::Duplicate {
                position: 3,
                header: "姓名",
            },
            HeaderError::NotText { position: 5 },
            HeaderError::NotText { position: 6 },
            HeaderError::Missing {
                header: "手机号"
            },
            HeaderError::Missing {
                header: "活动组"
            },
        ];
        assert_eq!(errors, expected);
        assert!(errors[0].reason().contains("身份证号"));
        assert_eq!(errors[4].code(), "column_missing");
    }

    #[test]
    fn an_empty_row_is_no_header() {
        assert_eq!(header(&[]).unwrap_err().len(), 4);
    }
}
