//! Tags an account puts on its followers, such as the group a member belongs to.

use serde::Deserialize;
use serde_json::json;

use crate::account::Account;
use crate::endpoint::Endpoint;
use crate::error::{Error, LimitError};
use crate::followers::Page;
use crate::lenient;

/// As many openids as WeChat takes in one call.
const BATCH: usize = 50;

/// A tag. WeChat has numbers 0 to 2 for its own (such as 2 for 星标组); those cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Tag {
    /// Its number.
    #[serde(deserialize_with = "lenient::int")]
    pub id: i64,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// How many followers carry it.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub count: Option<i64>,
}

/// The name of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagName(String);

impl TagName {
    /// Takes 1 to 30 bytes, which is ten Han characters; more is refused with 45158. A name that
    /// is taken already is refused with 45157.
    pub fn new(name: &str) -> Result<Self, LimitError> {
        let kept = (1..=30).contains(&name.len());
        LimitError::unless(kept, "tag.name", "1 to 30 bytes")?;
        Ok(Self(name.to_owned()))
    }
}

#[derive(Deserialize)]
struct Created {
    tag: Tag,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Numbers {
    #[serde(default)]
    tagid_list: Vec<i64>,
}

impl Account {
    /// A new tag; an account may have a hundred.
    pub async fn create_tag(&self, name: &TagName) -> Result<Tag, Error> {
        let body = json!({ "tag": { "name": name.0 } });
        let created: Created = self.post(Endpoint::TagCreate, body).await?;
        Ok(created.tag)
    }

    /// The tags of the account.
    pub async fn tags(&self) -> Result<Vec<Tag>, Error> {
        let listed: Listed = self.get(Endpoint::Tags, &[]).await?;
        Ok(listed.tags)
    }

    /// Gives a tag another name.
    pub async fn rename_tag(&self, tag: i64, name: &TagName) -> Result<(), Error> {
        let body = json!({ "tag": { "id": tag, "name": name.0 } });
        self.order(Endpoint::TagUpdate, body).await
    }

    /// Takes a tag away from everybody and for ever.
    pub async fn delete_tag(&self, tag: i64) -> Result<(), Error> {
        let body = json!({ "tag": { "id": tag } });
        self.order(Endpoint::TagDelete, body).await
    }

    /// Puts a tag on any number of followers, fifty at a time; a follower may carry twenty.
    ///
    /// Doing it twice does no more than doing it once, so after a failure do all of it again.
    pub async fn tag_followers(&self, tag: i64, openids: &[String]) -> Result<(), Error> {
        self.on_followers(Endpoint::TagMembers, tag, openids).await
    }

    /// Takes a tag off any number of followers, fifty at a time.
    pub async fn untag_followers(&self, tag: i64, openids: &[String]) -> Result<(), Error> {
        self.on_followers(Endpoint::UntagMembers, tag, openids)
            .await
    }

    async fn on_followers(
        &self,
        endpoint: Endpoint,
        tag: i64,
        openids: &[String],
    ) -> Result<(), Error> {
        for batch in openids.chunks(BATCH) {
            let body = json!({ "openid_list": batch, "tagid": tag });
            self.order(endpoint, body).await?;
        }
        Ok(())
    }

    /// The tags of one follower.
    pub async fn tags_of(&self, openid: &str) -> Result<Vec<i64>, Error> {
        let body = json!({ "openid": openid });
        let numbers: Numbers = self.post(Endpoint::TagsOfUser, body).await?;
        Ok(numbers.tagid_list)
    }

    /// Every follower with a tag, each once. It is all or nothing.
    pub async fn followers_with_tag(&self, tag: i64) -> Result<Vec<String>, Error> {
        let endpoint = Endpoint::UsersOfTag;
        crate::followers::to_the_end(endpoint, async |next| {
            let body = json!({ "tagid": tag, "next_openid": next.unwrap_or_default() });
            self.post::<Page>(endpoint, body).await
        })
        .await
    }
}
