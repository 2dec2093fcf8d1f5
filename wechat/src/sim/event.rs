//! What an account is told through its callback address, and how that is written down: XML with
//! CDATA or JSON, with the oddities of either. Sealing and sending are left to `push`.

use serde_json::{Map, Value, json};

use super::PushFormat;

/// Something that happened at an account.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// `scene` is empty when nothing was scanned.
    Subscribe {
        scene: String,
    },
    Unsubscribe,
    Scan {
        scene: String,
    },
    Click {
        key: String,
    },
    Text {
        content: String,
        msgid: i64,
    },
    TemplateJobFinish {
        msgid: i64,
        status: &'static str,
    },
    SubscribePopup {
        template_id: String,
        accepted: bool,
    },
}

/// One field of a push.
enum Field {
    Text(String),
    Number(i64),
    /// The items of `List`, which XML wraps in an element named after the event.
    List(&'static str, Vec<Vec<(&'static str, Field)>>),
}

fn text(value: impl Into<String>) -> Field {
    Field::Text(value.into())
}

impl Event {
    /// The name of the event; for a message its type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Subscribe { .. } => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::Scan { .. } => "SCAN",
            Self::Click { .. } => "CLICK",
            Self::Text { .. } => "text",
            Self::TemplateJobFinish { .. } => "TEMPLATESENDJOBFINISH",
            Self::SubscribePopup { .. } => "subscribe_msg_popup_event",
        }
    }

    fn fields(&self) -> Vec<(&'static str, Field)> {
        let mut fields = match self {
            Self::Text { .. } => vec![("MsgType", text("text"))],
            _ => vec![("MsgType", text("event")), ("Event", text(self.name()))],
        };
        fields.extend(match self {
            Self::Subscribe { scene } if scene.is_empty() => vec![("EventKey", text(""))],
            Self::Subscribe { scene } => vec![
                ("EventKey", text(format!("qrscene_{scene}"))),
                ("Ticket", text("gQSIMULATED==")),
            ],
            Self::Unsubscribe => vec![("EventKey", text(""))],
            Self::Scan { scene } => {
                vec![("EventKey", text(scene)), ("Ticket", text("gQSIMULATED=="))]
            }
            Self::Click { key } => vec![("EventKey", text(key))],
            Self::Text { content, msgid } => {
                vec![("Content", text(content)), ("MsgId", Field::Number(*msgid))]
            }
            // `MsgID` here and `MsgId` in messages: both are as WeChat writes them.
            Self::TemplateJobFinish { msgid, status } => {
                vec![("MsgID", Field::Number(*msgid)), ("Status", text(*status))]
            }
            Self::SubscribePopup {
                template_id,
                accepted,
            } => {
                let item = vec![
                    ("TemplateId", text(template_id)),
                    (
                        "SubscribeStatusString",
                        text(if *accepted { "accept" } else { "reject" }),
                    ),
                    ("PopupScene", Field::Number(0)),
                ];
                vec![("List", Field::List("SubscribeMsgPopupEvent", vec![item]))]
            }
        });
        fields
    }

    /// The push before it is sealed.
    pub fn write(&self, format: PushFormat, gh_id: &str, openid: &str, created: i64) -> Fields {
        let mut fields = vec![
            ("ToUserName", text(gh_id)),
            ("FromUserName", text(openid)),
            ("CreateTime", Field::Number(created)),
        ];
        fields.extend(self.fields());
        match format {
            PushFormat::Xml => Fields::Xml(xml(&fields)),
            PushFormat::Json => {
                // The subscription events write their numbers as strings, the others do not.
                let as_strings = matches!(self, Self::SubscribePopup { .. });
                Fields::Json(object(&fields, as_strings))
            }
        }
    }
}

/// The fields of a push, written down but not yet closed.
pub(super) enum Fields {
    /// Elements without the root.
    Xml(String),
    Json(Map<String, Value>),
}

impl Fields {
    /// The fields with one more.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        match &mut self {
            Self::Xml(elements) => element(elements, name, value),
            Self::Json(object) => {
                object.insert(name.to_owned(), value.into());
            }
        }
        self
    }

    /// Nothing but the address of the account, as the outside of a sealed push has it.
    pub fn envelope(format: PushFormat, gh_id: &str) -> Self {
        let empty = match format {
            PushFormat::Xml => Self::Xml(String::new()),
            PushFormat::Json => Self::Json(Map::new()),
        };
        empty.with("ToUserName", gh_id)
    }

    /// The whole document.
    pub fn close(self) -> String {
        match self {
            Self::Xml(elements) => format!("<xml>{elements}</xml>"),
            Self::Json(object) => Value::Object(object).to_string(),
        }
    }
}

fn element(out: &mut String, name: &str, value: &str) {
    let value = value.replace("]]>", "]]]]><![CDATA[>");
    out.extend(["<", name, "><![CDATA[", &value, "]]></", name, ">"]);
}

fn xml(fields: &[(&'static str, Field)]) -> String {
    let mut out = String::new();
    for (name, field) in fields {
        match field {
            Field::Text(value) => element(&mut out, name, value),
            Field::Number(number) => {
                out.extend(["<", name, ">", &number.to_string(), "</", name, ">"]);
            }
            Field::List(wrapper, items) => {
                out.extend(["<", wrapper, ">"]);
                for item in items {
                    out.extend(["<", name, ">", &xml(item), "</", name, ">"]);
                }
                out.extend(["</", wrapper, ">"]);
            }
        }
    }
    out
}

fn object(fields: &[(&'static str, Field)], as_strings: bool) -> Map<String, Value> {
    let value = |field: &Field| match field {
        Field::Text(value) => json!(value),
        Field::Number(number) if as_strings => json!(number.to_string()),
        Field::Number(number) => json!(number),
        // One item stands alone, several make an array.
        Field::List(_, items) => {
            let mut items: Vec<Value> = items
                .iter()
                .map(|item| Value::Object(object(item, as_strings)))
                .collect();
            if items.len() == 1 {
                items.remove(0)
            } else {
                Value::Array(items)
            }
        }
    };
    fields
        .iter()
        .map(|(name, field)| ((*name).to_owned(), value(field)))
        .collect()
}
