//! The menu of an official account.
//!
//! Setting a menu here replaces the one of the console, and switching the callbacks on takes the
//! console's away; so ours is set first. Phones fetch it anew when a chat is opened and the last
//! fetch is five minutes old.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::account::Account;
use crate::endpoint::Endpoint;
use crate::error::{Error, LimitError};

/// One to three buttons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Menu {
    /// From left to right.
    pub buttons: Vec<Button>,
}

/// A button at the foot of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Button {
    /// It does something.
    Entry(Entry),
    /// It opens a list.
    Group {
        /// Up to 16 bytes: five Han characters.
        name: String,
        /// One to five.
        entries: Vec<Entry>,
    },
}

/// A button that does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Up to 16 bytes at the foot, up to 60 in a list.
    pub name: String,
    /// What a tap does.
    pub action: Action,
}

/// What a tap does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It pushes [`crate::callback::Event::Click`].
    Click {
        /// Up to 128 bytes.
        key: String,
    },
    /// It opens a page of the web.
    View {
        /// Up to 1024 bytes.
        url: String,
    },
    /// It opens a page of a mini-program that is associated with the account (else 45064).
    MiniProgram {
        /// What old clients open, up to 1024 bytes.
        url: String,
        /// The mini-program.
        appid: String,
        /// The page and its query.
        pagepath: String,
    },
    /// It scans a code and pushes what it says.
    ScanCode {
        /// Up to 128 bytes.
        key: String,
        /// Whether the phone shows that it waits for an answer.
        wait: bool,
    },
    /// It pushes where the person is.
    Location {
        /// Up to 128 bytes.
        key: String,
    },
    /// Something only the console can set; it is read and cannot be written.
    Other {
        /// WeChat's name for it, such as `news`.
        kind: String,
    },
}

/// The menu as it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentMenu {
    /// Whether it shows at all.
    pub open: bool,
    /// What it holds, set by us or in the console.
    pub menu: Menu,
}

impl Menu {
    /// Holds every name, key and address against WeChat's limits, naming the first that is broken
    /// in WeChat's words, such as `button[0].sub_button[2].key`.
    pub fn check(&self) -> Result<(), LimitError> {
        let kept = (1..=3).contains(&self.buttons.len());
        LimitError::unless(kept, "button", "1 to 3 buttons")?;
        for (number, button) in self.buttons.iter().enumerate() {
            let place = format!("button[{number}]");
            match button {
                Button::Entry(entry) => entry.check(&place, 16, "1 to 16 bytes")?,
                Button::Group { name, entries } => {
                    let field = format!("{place}.name");
                    let kept = (1..=16).contains(&name.len());
                    LimitError::unless(kept, &field, "1 to 16 bytes")?;
                    let kept = (1..=5).contains(&entries.len());
                    let field = format!("{place}.sub_button");
                    LimitError::unless(kept, &field, "1 to 5 buttons")?;
                    for (number, entry) in entries.iter().enumerate() {
                        let place = format!("{place}.sub_button[{number}]");
                        entry.check(&place, 60, "1 to 60 bytes")?;
                    }
                }
            }
        }
        Ok(())
    }

    fn to_json(&self) -> Value {
        let button = |button: &Button| match button {
            Button::Entry(entry) => entry.to_json(),
            Button::Group { name, entries } => {
                let entries: Vec<Value> = entries.iter().map(Entry::to_json).collect();
                json!({ "name": name, "sub_button": entries })
            }
        };
        json!({ "button": self.buttons.iter().map(button).collect::<Vec<Value>>() })
    }

    fn read(buttons: &[Value]) -> Self {
        let button = |button: &Value| {
            // `get` gives a list, `get_current_selfmenu_info` a list in an object.
            let below = &button["sub_button"];
            let below = below.as_array().or_else(|| below["list"].as_array());
            match below {
                Some(entries) if !entries.is_empty() => Button::Group {
                    name: text(button, "name"),
                    entries: entries.iter().map(Entry::read).collect(),
                },
                _ => Button::Entry(Entry::read(button)),
            }
        };
        Self {
            buttons: buttons.iter().map(button).collect(),
        }
    }
}

impl Entry {
    /// A button that does something.
    pub fn new(name: &str, action: Action) -> Self {
        Self {
            name: name.to_owned(),
            action,
        }
    }

    fn check(&self, place: &str, longest: usize, limit: &'static str) -> Result<(), LimitError> {
        let within = |name: &str, value: &str, longest: usize, limit: &'static str| {
            let kept = (1..=longest).contains(&value.len());
            LimitError::unless(kept, &format!("{place}.{name}"), limit)
        };
        within("name", &self.name, longest, limit)?;
        match &self.action {
            Action::Click { key } | Action::ScanCode { key, .. } | Action::Location { key } => {
                within("key", key, 128, "1 to 128 bytes")
            }
            Action::View { url } => within("url", url, 1024, "1 to 1024 bytes"),
            Action::MiniProgram {
                url,
                appid,
                pagepath,
            } => {
                within("url", url, 1024, "1 to 1024 bytes")?;
                within("appid", appid, usize::MAX, "the mini-program's id")?;
                within("pagepath", pagepath, usize::MAX, "a page of it")
            }
            Action::Other { .. } => {
                let field = format!("{place}.type");
                LimitError::unless(false, &field, "an action that can be set by us")
            }
        }
    }

    fn to_json(&self) -> Value {
        let mut fields = Map::new();
        let mut field = |name: &str, value: &str| {
            fields.insert(name.to_owned(), json!(value));
        };
        field("name", &self.name);
        match &self.action {
            Action::Click { key } => {
                field("type", "click");
                field("key", key);
            }
            Action::View { url } => {
                field("type", "view");
                field("url", url);
            }
            Action::MiniProgram {
                url,
                appid,
                pagepath,
            } => {
                field("type", "miniprogram");
                field("url", url);
                field("appid", appid);
                field("pagepath", pagepath);
            }
            Action::ScanCode { key, wait } => {
                let kind = if *wait {
                    "scancode_waitmsg"
                } else {
                    "scancode_push"
                };
                field("type", kind);
                field("key", key);
            }
            Action::Location { key } => {
                field("type", "location_select");
                field("key", key);
            }
            Action::Other { kind } => field("type", kind),
        }
        Value::Object(fields)
    }

    fn read(entry: &Value) -> Self {
        let of = |name: &str| text(entry, name);
        let action = match entry["type"].as_str().unwrap_or_default() {
            "click" => Action::Click { key: of("key") },
            "view" => Action::View { url: of("url") },
            "miniprogram" => Action::MiniProgram {
                url: of("url"),
                appid: of("appid"),
                pagepath: of("pagepath"),
            },
            kind @ ("scancode_push" | "scancode_waitmsg") => Action::ScanCode {
                key: of("key"),
                wait: kind == "scancode_waitmsg",
            },
            "location_select" => Action::Location { key: of("key") },
            kind => Action::Other {
                kind: kind.to_owned(),
            },
        };
        Self {
            name: of("name"),
            action,
        }
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

#[derive(Default, Deserialize)]
struct Buttons {
    #[serde(default)]
    button: Vec<Value>,
}

#[derive(Deserialize)]
struct Got {
    menu: Buttons,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default, deserialize_with = "crate::lenient::opt_int")]
    is_menu_open: Option<i64>,
    #[serde(default)]
    selfmenu_info: Buttons,
}

impl Account {
    /// Sets the menu in place of the one there is.
    pub async fn create_menu(&self, menu: &Menu) -> Result<(), Error> {
        menu.check()?;
        self.order(Endpoint::MenuCreate, menu.to_json()).await
    }

    /// The menu as set by us; none if there is none.
    pub async fn menu(&self) -> Result<Option<Menu>, Error> {
        match self.get::<Got>(Endpoint::MenuGet, &[]).await {
            Ok(got) => Ok(Some(Menu::read(&got.menu.button))),
            // 46003: no menu was ever set.
            Err(Error::Api(error)) if error.code == 46003 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes the menu away.
    pub async fn delete_menu(&self) -> Result<(), Error> {
        self.get::<Value>(Endpoint::MenuDelete, &[]).await.map(drop)
    }

    /// The menu as it shows, whoever set it.
    pub async fn current_menu(&self) -> Result<CurrentMenu, Error> {
        let shown: Shown = self.get(Endpoint::CurrentMenu, &[]).await?;
        Ok(CurrentMenu {
            open: shown.is_menu_open == Some(1),
            menu: Menu::read(&shown.selfmenu_info.button),
        })
    }
}
