//! Which templates an account has, and whether they are what our configuration takes them for.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde_json::json;

use crate::account::Account;
use crate::error::{Endpoint, Error};
use crate::values::{self, Kind};

/// A template of the account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Template {
    /// What a message names.
    pub template_id: String,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// The industry it came from; empty for a template of a category.
    #[serde(default)]
    pub primary_industry: String,
    /// The branch of that industry.
    #[serde(default)]
    pub deputy_industry: String,
    /// Its text with the fields in it.
    #[serde(default)]
    pub content: String,
    /// The text with made-up values.
    #[serde(default)]
    pub example: String,
}

impl Template {
    /// The keys a message must fill.
    pub fn field_keys(&self) -> Vec<String> {
        values::field_keys(&self.content)
    }
}

/// How a configured template differs from what the account has; each of them ends in 40037, 47003
/// or a message cut short.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// The account has no such template.
    NoSuchTemplate {
        /// The configured one.
        template_id: String,
    },
    /// The template asks for a field that is not configured.
    NotConfigured {
        /// The field.
        key: String,
    },
    /// The template has no such field.
    NoSuchField {
        /// The configured one.
        key: String,
    },
    /// The key says nothing about what it may hold: the template is of the old kind, whose values
    /// WeChat cuts without a word.
    OldKind {
        /// The field.
        key: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchTemplate { template_id } => {
                write!(f, "template {template_id} does not exist")
            }
            Self::NotConfigured { key } => write!(f, "field {key} is not configured"),
            Self::NoSuchField { key } => write!(f, "the template has no field {key}"),
            Self::OldKind { key } => write!(f, "field {key} is of an old template and gets cut"),
        }
    }
}

/// Compares a configured template, by its id and the keys it is given, with those the account has.
pub fn compare<'a>(
    there: &[Template],
    template_id: &str,
    keys: impl IntoIterator<Item = &'a str>,
) -> Vec<Finding> {
    let Some(template) = there.iter().find(|one| one.template_id == template_id) else {
        let template_id = template_id.to_owned();
        return vec![Finding::NoSuchTemplate { template_id }];
    };
    compare_fields(&template.content, keys)
}

/// Compares configured keys with the text of a template.
pub fn compare_fields<'a>(content: &str, keys: impl IntoIterator<Item = &'a str>) -> Vec<Finding> {
    let configured: BTreeSet<String> = keys.into_iter().map(str::to_owned).collect();
    let wanted: BTreeSet<String> = values::field_keys(content).into_iter().collect();
    let missing = wanted.difference(&configured).cloned();
    let surplus = configured.difference(&wanted).cloned();
    let old = wanted
        .iter()
        .filter(|key| Kind::of(key) == Kind::Other)
        .cloned();
    missing
        .map(|key| Finding::NotConfigured { key })
        .chain(surplus.map(|key| Finding::NoSuchField { key }))
        .chain(old.map(|key| Finding::OldKind { key }))
        .collect()
}

/// An industry of WeChat's list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Industry {
    /// Such as `政府与公共事业`.
    #[serde(default)]
    pub first_class: String,
    /// Its branch.
    #[serde(default)]
    pub second_class: String,
}

/// The industries an account stated, one or two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Industries {
    /// The main one.
    #[serde(default, rename = "primary_industry")]
    pub primary: Option<Industry>,
    /// The other one.
    #[serde(default, rename = "secondary_industry")]
    pub secondary: Option<Industry>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    template_list: Vec<Template>,
}

#[derive(Deserialize)]
struct Added {
    template_id: String,
}

impl Account {
    /// The templates the account has, at most 25.
    pub async fn templates(&self) -> Result<Vec<Template>, Error> {
        let listed: Listed = self.get(Endpoint::Templates, &[]).await?;
        Ok(listed.template_list)
    }

    /// Takes a template from the library by its number there, with the named fields in their
    /// order; without names with all of them. Returns the id messages name.
    ///
    /// Asked twice, WeChat adds it twice. 43106 says that the account must not add any.
    pub async fn add_template(
        &self,
        library_id: &str,
        keyword_names: &[&str],
    ) -> Result<String, Error> {
        let mut body = json!({ "template_id_short": library_id });
        if !keyword_names.is_empty() {
            body["keyword_name_list"] = json!(keyword_names);
        }
        let added: Added = self.post(Endpoint::TemplateAdd, body).await?;
        Ok(added.template_id)
    }

    /// Gives a template up; its id is worth nothing after that.
    pub async fn delete_template(&self, template_id: &str) -> Result<(), Error> {
        let body = json!({ "template_id": template_id });
        self.order(Endpoint::TemplateDelete, body).await
    }

    /// The industries the account stated.
    pub async fn industries(&self) -> Result<Industries, Error> {
        self.get(Endpoint::IndustryGet, &[]).await
    }

    /// States the industries of the account by their numbers; WeChat takes a change a month.
    pub async fn set_industries(&self, primary: u16, secondary: u16) -> Result<(), Error> {
        let body = json!({
            "industry_id1": primary.to_string(), "industry_id2": secondary.to_string(),
        });
        self.order(Endpoint::IndustrySet, body).await
    }
}
