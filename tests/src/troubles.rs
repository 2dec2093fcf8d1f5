//! What goes wrong with the service's own work, put into the tables as it would leave it.

use chrono::TimeDelta;
use domain::ids::{JobId, PauseId};
use domain::notice::Channel;
use domain::notice::pause::Cause;
use entity::{channel_pause, job};
use sea_orm::{ActiveModelTrait, Set};
use serde_json::json;

use crate::TestApp;

impl TestApp {
    /// A job in this state that was to run so many minutes ago.
    pub async fn overdue_job(&self, state: &str, minutes: i64) {
        let now = self.now();
        let row = job::ActiveModel {
            committee_id: Set(self.committee),
            id: Set(JobId::new(now, api::crypto::random())),
            kind: Set("nightly.tidy".to_owned()),
            payload: Set(json!({})),
            unique_key: Set(None),
            run_at: Set(now - TimeDelta::minutes(minutes)),
            state: Set(state.to_owned()),
            attempts: Set(0),
            lease_until: Set(None),
            fence: Set(0),
            last_error: Set(Some("it broke".to_owned())),
            created_at: Set(now),
            finished_at: Set(None),
        };
        let inserted = row.insert(self.app.db.migrations()).await;
        inserted.expect("a job");
    }

    /// An official account that may not send any more.
    pub async fn paused_account(&self, app_id: &str, cause: Cause) {
        let now = self.now();
        let row = channel_pause::ActiveModel {
            committee_id: Set(self.committee),
            id: Set(PauseId::new(now, api::crypto::random())),
            app_id: Set(app_id.to_owned()),
            channel: Set(Channel::OfficialAccount),
            template_id: Set(String::new()),
            cause: Set(cause),
            code: Set(None),
            message: Set(None),
            rid: Set(None),
            seen_ip: Set(None),
            since: Set(now),
            until: Set(None),
            strikes: Set(1),
            resumed_by: Set(None),
            resumed_at: Set(None),
        };
        let inserted = row.insert(self.app.db.migrations()).await;
        inserted.expect("a pause");
    }
}
