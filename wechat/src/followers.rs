//! Who follows an official account.
//!
//! Pushes get lost, so the list is read in full from time to time; comparing it with what we know
//! is left to the caller.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer};

use crate::account::Account;
use crate::error::{Endpoint, Error, LimitError};
use crate::lenient;

/// As many people as WeChat describes in one answer.
const BATCH: usize = 100;

/// A page of the list.
#[derive(Clone, PartialEq, Eq)]
pub struct FollowerPage {
    /// All who follow.
    pub total: i64,
    /// Those of this page.
    pub openids: Vec<String>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// What WeChat tells about a person. Of somebody who does not follow it tells next to nothing.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct UserInfo {
    /// Whether he follows.
    #[serde(rename = "subscribe", default, deserialize_with = "yes")]
    pub follows: bool,
    /// The person in this account.
    pub openid: String,
    /// The person in all apps of one Open Platform account.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub unionid: Option<String>,
    /// Since when he follows, in seconds since 1970.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub subscribe_time: Option<i64>,
    /// How he came, such as `ADD_SCENE_QR_CODE`.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub subscribe_scene: Option<String>,
    /// The number of the code he came by; 0 is none.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub qr_scene: Option<i64>,
    /// The text of the code he came by.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub qr_scene_str: Option<String>,
    /// What the account's keepers wrote about him.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub remark: Option<String>,
    /// The tags he carries: see [`crate::tags`].
    #[serde(default)]
    pub tagid_list: Vec<i64>,
}

fn yes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    lenient::opt_int(deserializer).map(|number| number == Some(1))
}

/// A page of openids. Its `data` is absent when there are none.
#[derive(Deserialize)]
pub(crate) struct Page {
    #[serde(default, deserialize_with = "lenient::opt_int")]
    total: Option<i64>,
    #[serde(default)]
    data: Openids,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    next_openid: Option<String>,
}

#[derive(Default, Deserialize)]
struct Openids {
    #[serde(default)]
    openid: Vec<String>,
}

impl Page {
    fn next(&self) -> Option<String> {
        self.next_openid
            .clone()
            .filter(|_| !self.data.openid.is_empty())
    }
}

/// Turns pages to the end, each openid once.
///
/// It is all or nothing: half a list would make the other half look as if it had left.
pub(crate) async fn to_the_end(
    endpoint: Endpoint,
    turn: impl AsyncFn(Option<&str>) -> Result<Page, Error>,
) -> Result<Vec<String>, Error> {
    let mut openids = Vec::new();
    let mut known = HashSet::new();
    let mut page = turn(None).await?;
    loop {
        let next = page.next();
        let before = openids.len();
        let fresh = |one: &String| known.insert(one.clone());
        openids.extend(page.data.openid.into_iter().filter(fresh));
        let Some(next) = next else {
            return Ok(openids);
        };
        if openids.len() == before {
            return Err(Error::Unbelievable {
                endpoint,
                what: "the same page again",
            });
        }
        page = turn(Some(&next)).await?;
    }
}

#[derive(Deserialize)]
struct Described {
    user_info_list: Vec<UserInfo>,
}

impl Account {
    /// A page of the list of followers, from the start or after `next`.
    pub async fn followers(&self, next: Option<&str>) -> Result<FollowerPage, Error> {
        let page = self.page(next).await?;
        Ok(FollowerPage {
            total: page.total.unwrap_or(0),
            next: page.next(),
            openids: page.data.openid,
        })
    }

    async fn page(&self, next: Option<&str>) -> Result<Page, Error> {
        let query: Vec<_> = next.map(|next| ("next_openid", next)).into_iter().collect();
        self.get(Endpoint::Followers, &query).await
    }

    /// Everybody who follows, each once. It is all or nothing.
    pub async fn all_followers(&self) -> Result<Vec<String>, Error> {
        to_the_end(Endpoint::Followers, async |next| self.page(next).await).await
    }

    /// One person.
    pub async fn user_info(&self, openid: &str) -> Result<UserInfo, Error> {
        let query = [("openid", openid), ("lang", "zh_CN")];
        self.get(Endpoint::UserInfo, &query).await
    }

    /// Any number of people, a hundred at a time.
    ///
    /// WeChat refuses a whole batch with 40003 for one stale openid; the batch is then halved
    /// until the stale ones are alone, and those are missing from what is returned.
    pub async fn user_info_batch(&self, openids: &[String]) -> Result<Vec<UserInfo>, Error> {
        let mut described = Vec::with_capacity(openids.len());
        let mut open: Vec<&[String]> = openids.chunks(BATCH).rev().collect();
        while let Some(batch) = open.pop() {
            match self.one_batch(batch).await {
                Ok(mut people) => described.append(&mut people),
                Err(Error::Api(error)) if error.code == 40003 => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    if !first.is_empty() {
                        open.extend([second, first]);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(described)
    }

    /// What the keepers of the account call a follower, shown in the console only. An empty remark
    /// takes it away.
    pub async fn update_remark(&self, openid: &str, remark: &str) -> Result<(), Error> {
        let kept = remark.chars().count() < 30;
        LimitError::unless(kept, "remark", "fewer than 30 characters")?;
        let body = serde_json::json!({ "openid": openid, "remark": remark });
        self.order(Endpoint::UpdateRemark, body).await
    }

    async fn one_batch(&self, openids: &[String]) -> Result<Vec<UserInfo>, Error> {
        let people: Vec<_> = openids
            .iter()
            .map(|openid| serde_json::json!({ "openid": openid, "lang": "zh_CN" }))
            .collect();
        let body = serde_json::json!({ "user_list": people });
        let described: Described = self.post(Endpoint::UserInfoBatch, body).await?;
        Ok(described.user_info_list)
    }
}
