//! The fenced blocks of the guide.

/// A fenced block, such as one opened by three back-quotes and `csv 事实`.
pub struct Block<'a> {
    /// The line on which it is opened, from 1 on.
    pub line: usize,
    /// What stands behind the fence.
    pub info: &'a str,
    /// What stands within, each line with its end.
    pub body: String,
}

/// The text with the body of every block for which `change` has another one.
pub fn rewrite(text: &str, mut change: impl FnMut(&Block<'_>) -> Option<String>) -> String {
    let mut written = String::new();
    let mut open: Option<Block<'_>> = None;
    for (number, line) in (1..).zip(text.lines()) {
        match (&mut open, line.strip_prefix("```")) {
            (Some(block), None) => {
                block.body.push_str(line);
                block.body.push('\n');
                continue;
            }
            (Some(block), Some(_)) => {
                let body = change(block).unwrap_or_else(|| std::mem::take(&mut block.body));
                written.push_str(&body);
                open = None;
            }
            (None, Some(info)) => {
                open = Some(Block {
                    line: number,
                    info,
                    body: String::new(),
                });
            }
            (None, None) => {}
        }
        written.push_str(line);
        written.push('\n');
    }
    assert!(open.is_none(), "a block is not closed");
    written
}
