//! What WeChat shows a person in answer to a push: written into the very response to it.
//!
//! A response must leave within five seconds. Whoever has nothing to say answers `success`, which
//! needs none of this. What is said later goes by [`crate::custom`].

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Endpoint, Format, Mode, Push};
use crate::crypto::cdata;
use crate::error::LimitError;

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Words and links.
    Text(Text),
    /// An uploaded picture.
    Image {
        /// What [`crate::Account::upload_media`] returned.
        media_id: String,
    },
    /// Articles with a picture each.
    News(News),
    /// Nothing by us: the person is handed to those who sit at the console.
    TransferToCustomerService,
}

/// A text, at most [`Text::LIMIT`] bytes long.
///
/// WeChat documents no escape in texts and reads `<a` as a link, so the angle brackets of other
/// people's words become their full-width twins `＜` and `＞`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    content: String,
    cut: bool,
}

/// A link that opens a page of a mini-program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLink<'a> {
    /// The mini-program, associated with the account.
    pub app_id: &'a str,
    /// The page and its query, without a leading slash.
    pub path: &'a str,
    /// What clients that know no mini-programs open.
    pub url: Option<&'a str>,
}

impl Text {
    /// As many bytes as WeChat takes; more is refused with 45002.
    pub const LIMIT: usize = 2048;

    /// A text that begins with these words.
    pub fn new(words: &str) -> Self {
        Self::default().words(words)
    }

    /// Adds words; a line break in them is one on the phone.
    ///
    /// Words that do not fit are left out whole, as is everything behind them: see
    /// [`Text::is_cut`].
    pub fn words(self, words: &str) -> Self {
        let plain = harmless(words);
        self.piece(&plain)
    }

    /// Adds words that open a page of a mini-program.
    pub fn page(self, label: &str, page: &PageLink<'_>) -> Self {
        let href = page
            .url
            .map(|url| format!("href=\"{}\" ", attribute(url)))
            .unwrap_or_default();
        let link = format!(
            "<a {href}data-miniprogram-appid=\"{}\" data-miniprogram-path=\"{}\">{}</a>",
            attribute(page.app_id),
            attribute(page.path),
            harmless(label),
        );
        self.piece(&link)
    }

    /// Adds words that open an address.
    pub fn link(self, label: &str, url: &str) -> Self {
        let link = format!("<a href=\"{}\">{}</a>", attribute(url), harmless(label));
        self.piece(&link)
    }

    /// Whether something did not fit.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The text as WeChat gets it.
    pub fn as_str(&self) -> &str {
        &self.content
    }

    fn piece(mut self, piece: &str) -> Self {
        self.cut |= Self::LIMIT < self.content.len() + piece.len();
        if !self.cut {
            self.content.push_str(piece);
        }
        self
    }
}

/// Words in which nothing is a tag and nothing is a control character but the line break.
fn harmless(words: &str) -> String {
    words
        .replace("\r\n", "\n")
        .chars()
        .filter(|c| *c == '\n' || !c.is_control())
        .map(|c| match c {
            '<' => '＜',
            '>' => '＞',
            c => c,
        })
        .collect()
}

/// An attribute cannot be left: quotes, brackets, blanks and control characters are written as an
/// address writes them.
fn attribute(value: &str) -> String {
    value
        .chars()
        .filter(|c| !c.is_control())
        .map(|c| match c {
            '"' | '\'' | '<' | '>' | '`' | ' ' | '\\' => format!("%{:02X}", u32::from(c)),
            c => c.to_string(),
        })
        .collect()
}

/// An article in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// Its title.
    pub title: String,
    /// What stands below it.
    pub description: String,
    /// Its picture, best 360 by 200.
    pub pic_url: String,
    /// What a tap opens.
    pub url: String,
}

/// One to eight articles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News(Vec<Article>);

impl News {
    /// Takes 1 to 8 articles. In answer to a message, not an event, WeChat takes one only, which
    /// [`seal`] holds.
    pub fn new(articles: Vec<Article>) -> Result<Self, LimitError> {
        let kept = (1..=8).contains(&articles.len());
        LimitError::unless(kept, "Articles", "1 to 8 articles")?;
        Ok(Self(articles))
    }
}

/// What must be random in a sealed answer, and used once.
#[derive(Clone, Copy, Debug)]
pub struct Salt<'a> {
    /// Digits or letters.
    pub nonce: &'a str,
    /// What the envelope begins with.
    pub random16: [u8; 16],
}

/// A response, ready to be sent with status 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Its content type.
    pub content_type: &'static str,
    /// Its body.
    pub body: String,
}

/// Writes an answer to a push in the push's own format, and unless the account is in plain mode
/// seals it with the key that opened the push.
pub fn seal(
    config: &Endpoint,
    push: &Push,
    content: &Content,
    salt: Salt<'_>,
    now: DateTime<Utc>,
) -> Result<Sealed, LimitError> {
    if let Content::News(News(articles)) = content {
        let kept = push.is_event() || articles.len() == 1;
        LimitError::unless(kept, "Articles", "one article in answer to a message")?;
    }
    let fields = fields(push, content, now);
    let plain = match push.format {
        Format::Xml => {
            let mut xml = String::from("<xml>");
            write_xml(&mut xml, &fields);
            xml + "</xml>"
        }
        Format::Json => to_json(&fields).to_string(),
    };
    let body = if config.mode == Mode::Plain {
        plain
    } else {
        let sealed = config.crypt.reply(
            push.key,
            plain.as_bytes(),
            now.timestamp(),
            salt.nonce,
            salt.random16,
        );
        match push.format {
            Format::Xml => sealed.to_xml(),
            Format::Json => sealed.to_json(),
        }
    };
    Ok(Sealed {
        content_type: push.format.content_type(),
        body,
    })
}

/// What an answer consists of, in the order of the manual.
enum Node {
    Number(i64),
    Text(String),
    Fields(Fields),
    List(Vec<Fields>),
}

type Fields = Vec<(&'static str, Node)>;

fn text(name: &'static str, value: &str) -> (&'static str, Node) {
    (name, Node::Text(value.to_owned()))
}

fn fields(push: &Push, content: &Content, now: DateTime<Utc>) -> Fields {
    let mut fields = vec![
        text("ToUserName", &push.from_user_name),
        text("FromUserName", &push.to_user_name),
        ("CreateTime", Node::Number(now.timestamp())),
    ];
    match content {
        Content::Text(words) => {
            fields.push(text("MsgType", "text"));
            fields.push(text("Content", words.as_str()));
        }
        Content::Image { media_id } => {
            fields.push(text("MsgType", "image"));
            fields.push(("Image", Node::Fields(vec![text("MediaId", media_id)])));
        }
        Content::News(News(articles)) => {
            let count = i64::try_from(articles.len()).expect("at most eight");
            let items = articles.iter().map(|article| {
                vec![
                    text("Title", &article.title),
                    text("Description", &article.description),
                    text("PicUrl", &article.pic_url),
                    text("Url", &article.url),
                ]
            });
            fields.push(text("MsgType", "news"));
            fields.push(("ArticleCount", Node::Number(count)));
            fields.push(("Articles", Node::List(items.collect())));
        }
        Content::TransferToCustomerService => {
            fields.push(text("MsgType", "transfer_customer_service"));
        }
    }
    fields
}

fn to_json(fields: &Fields) -> Value {
    let value = |node: &Node| match node {
        Node::Number(number) => Value::from(*number),
        Node::Text(text) => Value::from(text.as_str()),
        Node::Fields(inner) => to_json(inner),
        Node::List(items) => items.iter().map(to_json).collect(),
    };
    fields
        .iter()
        .map(|(name, node)| ((*name).to_owned(), value(node)))
        .collect()
}

/// Numbers stand as they are, texts in CDATA, the entries of a list in `item`.
fn write_xml(xml: &mut String, fields: &Fields) {
    for (name, node) in fields {
        xml.extend(["<", name, ">"]);
        match node {
            Node::Number(number) => xml.push_str(&number.to_string()),
            Node::Text(text) => {
                // XML has no way to write a control character.
                let kept = |c: &char| matches!(c, '\n' | '\t') || !c.is_control();
                xml.push_str(&cdata(&text.chars().filter(kept).collect::<String>()));
            }
            Node::Fields(inner) => write_xml(xml, inner),
            Node::List(items) => {
                for item in items {
                    xml.push_str("<item>");
                    write_xml(xml, item);
                    xml.push_str("</item>");
                }
            }
        }
        xml.extend(["</", name, ">"]);
    }
}
