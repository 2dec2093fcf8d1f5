//! The empty list that an office fills in: headings with notes, a sheet that explains them, and
//! names to choose from.

use rust_xlsxwriter::utility::column_number_to_name;
use rust_xlsxwriter::{
    DataValidation, Format, FormatBorder, Formula, Note, Workbook, Worksheet, XlsxError,
};

use super::{GUIDE, MAX_ROWS};

/// The hidden sheet that holds what can be chosen from.
const CHOICES: &str = "选项";

/// A column of a list.
#[derive(Clone, Debug)]
pub struct TemplateColumn {
    /// The heading.
    pub header: String,
    /// Whether every row has a value in it.
    pub required: bool,
    /// One line for the clerk who fills it in.
    pub help: String,
    /// What a cell can be, where it can be nothing else.
    pub choices: Vec<String>,
}

/// Makes the file, whose first sheet is called `name`. Packing costs time: call it where blocking
/// is allowed.
pub fn make(name: &str, columns: &[TemplateColumn]) -> Result<Vec<u8>, XlsxError> {
    let text = Format::new().set_num_format("@");
    let header = Format::new()
        .set_bold()
        .set_border(FormatBorder::Thin)
        .set_background_color(0x00DD_EBF7);
    let mut sheet = Worksheet::new();
    let mut guide = Worksheet::new();
    let mut lists = Worksheet::new();
    sheet.set_name(name)?.set_freeze_panes(1, 0)?;
    guide
        .set_name(GUIDE)?
        .set_column_width(0, 12)?
        .set_column_width(1, 8)?
        .set_column_width(2, 60)?;
    lists.set_name(CHOICES)?.set_hidden(true);
    for (at, heading) in (0..).zip(["栏目", "必填", "说明"]) {
        guide.write_string_with_format(0, at, heading, &header)?;
    }
    for (at, column) in (0_u16..).zip(columns) {
        let heading = if column.required {
            format!("{}*", column.header)
        } else {
            column.header.clone()
        };
        // Text everywhere: a spreadsheet that takes a number for one loses its zeros.
        sheet
            .set_column_format(at, &text)?
            .set_column_width(at, 16)?;
        sheet.write_string_with_format(0, at, heading, &header)?;
        sheet.insert_note(0, at, &Note::new(&column.help).add_author_prefix(false))?;
        let row = u32::from(at) + 1;
        guide.write_string(row, 0, &column.header)?;
        guide.write_string(row, 1, if column.required { "是" } else { "否" })?;
        guide.write_string(row, 2, &column.help)?;
        for (row, choice) in (0..).zip(&column.choices) {
            lists.write_string(row, at, choice)?;
        }
        if !column.choices.is_empty() {
            // The names stand in a sheet of their own: a list inside the rule ends at 255
            // characters.
            let letters = column_number_to_name(at);
            let count = column.choices.len();
            let formula = format!("={CHOICES}!${letters}$1:${letters}${count}");
            let list = DataValidation::new()
                .allow_list_formula(Formula::new(formula))
                .set_error_title("请从列表中选择")?;
            sheet.add_data_validation(1, at, MAX_ROWS - 1, at, &list)?;
        }
    }
    let mut book = Workbook::new();
    for sheet in [sheet, guide, lists] {
        book.push_worksheet(sheet);
    }
    book.save_to_buffer()
}
