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
        ticket: String,
    },
    Unsubscribe,
    Scan {
        scene: String,
        ticket: String,
    },
    Click {
        key: String,
    },
    View {
        url: String,
        menu_id: i64,
    },
    ViewMiniProgram {
        path: String,
        menu_id: i64,
    },
    /// The customer-service chat of a mini-program was opened.
    EnterChat,
    Text {
        content: String,
        msgid: i64,
    },
    TemplateJobFinish {
        msgid: i64,
        status: &'static str,
    },
    /// The question of `wx.requestSubscribeMessage` was answered for each of these templates.
    SubscribePopup {
        answers: Vec<(String, bool)>,
    },
    /// Templates were switched off in the settings.
    SubscribeChange {
        refused: Vec<String>,
    },
    SubscribeSent {
        template_id: String,
        msgid: i64,
        code: i64,
    },
    MediaCheck {
        trace_id: String,
        app_id: String,
        errcode: i64,
        suggest: &'static str,
        label: i64,
    },
}

/// One field of a push.
enum Field {
    Text(String),
    Number(i64),
    /// The items of `List`, which XML wraps in an element named after the event.
    List(&'static str, Vec<Vec<(&'static str, Field)>>),
    /// Items that are an array even when there is one of them.
    Items(Vec<Vec<(&'static str, Field)>>),
    Part(Vec<(&'static str, Field)>),
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
            Self::View { .. } => "VIEW",
            Self::ViewMiniProgram { .. } => "view_miniprogram",
            Self::EnterChat => "user_enter_tempsession",
            Self::Text { .. } => "text",
            Self::TemplateJobFinish { .. } => "TEMPLATESENDJOBFINISH",
            Self::SubscribePopup { .. } => "subscribe_msg_popup_event",
            Self::SubscribeChange { .. } => "subscribe_msg_change_event",
            Self::SubscribeSent { .. } => "subscribe_msg_sent_event",
            Self::MediaCheck { .. } => "wxa_media_check",
        }
    }

    /// Whether somebody waits in the chat for what the account says to it.
    pub fn awaits_answer(&self) -> bool {
        matches!(
            self,
            Self::Subscribe { .. } | Self::Scan { .. } | Self::Click { .. } | Self::Text { .. }
        )
    }

    /// The subscription events write their numbers as strings, the others do not.
    fn numbers_as_strings(&self) -> bool {
        matches!(
            self,
            Self::SubscribePopup { .. } | Self::SubscribeChange { .. } | Self::SubscribeSent { .. }
        )
    }

    fn fields(&self) -> Vec<(&'static str, Field)> {
        let mut fields = match self {
            Self::Text { .. } => vec![("MsgType", text("text"))],
            _ => vec![("MsgType", text("event")), ("Event", text(self.name()))],
        };
        fields.extend(match self {
            Self::Subscribe { scene, .. } if scene.is_empty() => vec![("EventKey", text(""))],
            Self::Subscribe { scene, ticket } => vec![
                ("EventKey", text(format!("qrscene_{scene}"))),
                ("Ticket", text(ticket)),
            ],
            Self::Unsubscribe => vec![("EventKey", text(""))],
            Self::Scan { scene, ticket } => {
                vec![("EventKey", text(scene)), ("Ticket", text(ticket))]
            }
            Self::Click { key } => vec![("EventKey", text(key))],
            Self::View {
                url: target,
                menu_id,
            }
            | Self::ViewMiniProgram {
                path: target,
                menu_id,
            } => vec![
                ("EventKey", text(target)),
                ("MenuId", Field::Number(*menu_id)),
            ],
            Self::EnterChat => vec![("SessionFrom", text("sessionFrom"))],
            Self::Text { content, msgid } => {
                vec![("Content", text(content)), ("MsgId", Field::Number(*msgid))]
            }
            // `MsgID` here and `MsgId` in messages: both are as WeChat writes them.
            Self::TemplateJobFinish { msgid, status } => {
                vec![("MsgID", Field::Number(*msgid)), ("Status", text(*status))]
            }
            Self::SubscribePopup { answers } => {
                let items = answers
                    .iter()
                    .map(|(template_id, accepted)| {
                        let mut item = subscribe_answer(template_id, *accepted);
                        item.push(("PopupScene", Field::Number(0)));
                        item
                    })
                    .collect();
                vec![("List", Field::List("SubscribeMsgPopupEvent", items))]
            }
            Self::SubscribeChange { refused } => {
                let items = refused
                    .iter()
                    .map(|template_id| subscribe_answer(template_id, false))
                    .collect();
                vec![("List", Field::List("SubscribeMsgChangeEvent", items))]
            }
            Self::SubscribeSent {
                template_id,
                msgid,
                code,
            } => {
                let item = vec![
                    ("TemplateId", text(template_id)),
                    ("MsgID", Field::Number(*msgid)),
                    ("ErrorCode", Field::Number(*code)),
                    (
                        "ErrorStatus",
                        text(if *code == 0 {
                            "success"
                        } else {
                            "system failed"
                        }),
                    ),
                ];
                vec![("List", Field::List("SubscribeMsgSentEvent", vec![item]))]
            }
            Self::MediaCheck {
                trace_id,
                app_id,
                errcode,
                suggest,
                label,
            } => media_check(trace_id, app_id, *errcode, suggest, *label),
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
            PushFormat::Json => Fields::Json(object(&fields, self.numbers_as_strings())),
        }
    }
}

fn subscribe_answer(template_id: &str, accepted: bool) -> Vec<(&'static str, Field)> {
    let status = if accepted { "accept" } else { "reject" };
    vec![
        ("TemplateId", text(template_id)),
        ("SubscribeStatusString", text(status)),
    ]
}

fn media_check(
    trace_id: &str,
    app_id: &str,
    errcode: i64,
    suggest: &str,
    label: i64,
) -> Vec<(&'static str, Field)> {
    let verdict = || vec![("suggest", text(suggest)), ("label", Field::Number(label))];
    let mut detail = vec![
        ("strategy", text("content_model")),
        ("errcode", Field::Number(errcode)),
    ];
    detail.extend(verdict());
    vec![
        ("appid", text(app_id)),
        ("trace_id", text(trace_id)),
        ("version", Field::Number(2)),
        ("detail", Field::Items(vec![detail])),
        ("errcode", Field::Number(errcode)),
        (
            "errmsg",
            text(if errcode == 0 {
                "ok"
            } else {
                "download failed"
            }),
        ),
        ("result", Field::Part(verdict())),
    ]
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
            Field::Items(items) => {
                for item in items {
                    out.extend(["<", name, ">", &xml(item), "</", name, ">"]);
                }
            }
            Field::Part(fields) => {
                out.extend(["<", name, ">", &xml(fields), "</", name, ">"]);
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
        Field::Items(items) => items
            .iter()
            .map(|item| Value::Object(object(item, as_strings)))
            .collect(),
        Field::Part(fields) => Value::Object(object(fields, as_strings)),
    };
    fields
        .iter()
        .map(|(name, field)| ((*name).to_owned(), value(field)))
        .collect()
}
