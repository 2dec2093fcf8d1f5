//! The facts that are remembered between requests are those of the ledger, whoever wrote them and
//! whatever became of it.

use std::sync::Arc;

use api::db::{Actor, Db, NewFact};
use api::facts::{BySubject, Facts, Span};
use domain::ids::{FactId, MemberId};
use domain::score::{Attributes, Subject};
use entity::{Scoped, fact, ledger_head};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tests::TestApp;
use uuid::Uuid;

const YEAR: (&str, &str) = ("2026-01-01", "2026-12-31");

fn span((from, last): (&str, &str)) -> Span {
    Span {
        from: from.parse().unwrap(),
        last: last.parse().unwrap(),
    }
}

fn deed(member: MemberId, on: &str, title: &str, reverses: Option<FactId>) -> NewFact {
    NewFact {
        subject: Subject::Member(member),
        kind: "good_deed".to_owned(),
        happened_on: on.parse().unwrap(),
        title: title.to_owned(),
        reference: None,
        attributes: Attributes::default(),
        recorder: None,
        source_kind: "duty_record".to_owned(),
        source_id: Uuid::now_v7(),
        reverses,
    }
}

async fn write(t: &TestApp, new: NewFact) -> FactId {
    let actor = Actor::service(t.committee);
    let db: &Db = &t.app.db;
    db.write(&actor, "duty_verify", t.now(), async |write| {
        Ok(write.fact(new))
    })
    .await
    .unwrap()
}

async fn remembered(t: &TestApp, facts: &Facts) -> Arc<BySubject> {
    facts.of(&t.app.db, t.committee, span(YEAR)).await.unwrap()
}

fn titles(facts: &BySubject, member: MemberId) -> Vec<&str> {
    let facts = facts.get(&Subject::Member(member));
    facts
        .into_iter()
        .flat_map(|facts| facts.iter().map(|fact| fact.title.as_str()))
        .collect()
}

#[actix_web::test]
async fn what_comes_behind_is_read_and_what_was_read_is_not_read_again() {
    let t = TestApp::start().await;
    let (facts, chen, ding) = (Facts::default(), t.members["chen"], t.members["ding"]);
    write(&t, deed(chen, "2026-03-27", "修路", None)).await;
    write(&t, deed(chen, "2025-12-31", "去年", None)).await;

    let first = remembered(&t, &facts).await;
    assert_eq!(titles(&first, chen), ["修路"]);
    assert!(Arc::ptr_eq(&first, &remembered(&t, &facts).await));

    // Written by this node or another one: the head of the chain tells.
    let bridge = write(&t, deed(chen, "2026-06-26", "修桥", None)).await;
    write(&t, deed(ding, "2026-06-26", "助学", None)).await;
    let second = remembered(&t, &facts).await;
    assert_eq!(titles(&second, chen), ["修路", "修桥"]);
    assert_eq!(titles(&second, ding), ["助学"]);
    assert_eq!(titles(&first, chen), ["修路"]);

    // A reversal bears any day.
    write(&t, deed(chen, "2027-01-04", "撤销修桥", Some(bridge))).await;
    let third = remembered(&t, &facts).await;
    assert_eq!(titles(&third, chen), ["修路", "修桥", "撤销修桥"]);
    assert!(Arc::ptr_eq(
        &second[&Subject::Member(ding)],
        &third[&Subject::Member(ding)]
    ));
}

#[actix_web::test]
async fn one_member_s_facts_are_the_same_whether_everybody_s_are_known_or_not() {
    let t = TestApp::start().await;
    let (facts, chen, ding) = (Facts::default(), t.members["chen"], t.members["ding"]);
    write(&t, deed(chen, "2026-03-27", "修路", None)).await;
    write(&t, deed(ding, "2026-03-27", "助学", None)).await;
    let his = async || {
        let db = &t.app.db;
        let his = facts.of_member(db, t.committee, span(YEAR), chen).await;
        his.unwrap().to_vec()
    };

    let alone = his().await;
    let all = remembered(&t, &facts).await;
    let among_all = his().await;

    assert_eq!(alone, among_all);
    assert_eq!(among_all, all[&Subject::Member(chen)].to_vec());
    write(&t, deed(chen, "2026-06-26", "修桥", None)).await;
    assert_eq!(his().await.len(), 2);
}

#[actix_web::test]
async fn a_chain_that_does_not_go_on_from_what_is_known_is_read_anew() {
    let t = TestApp::start().await;
    let (facts, chen) = (Facts::default(), t.members["chen"]);
    write(&t, deed(chen, "2026-03-27", "修路", None)).await;
    write(&t, deed(chen, "2026-04-27", "修桥", None)).await;
    assert_eq!(remembered(&t, &facts).await.len(), 1);

    // A backup of before the bridge is put back, and then work goes on further than it was.
    let last = fact::Entity::of(t.committee)
        .order_by_desc(fact::Column::Seq)
        .one(t.app.db.read())
        .await
        .unwrap()
        .unwrap();
    put_back(&t, &last).await;
    assert_eq!(titles(&*remembered(&t, &facts).await, chen), ["修路"]);
    write(&t, deed(chen, "2026-05-27", "义诊", None)).await;
    assert_eq!(remembered(&t, &facts).await.len(), 1);
    put_back(&t, &last).await;
    write(&t, deed(chen, "2026-05-28", "送书", None)).await;
    write(&t, deed(chen, "2026-05-29", "送戏", None)).await;

    let now = remembered(&t, &facts).await;
    assert_eq!(titles(&now, chen), ["修路", "送书", "送戏"]);
}

/// Takes `last` and what follows it away as if it had never been.
async fn put_back(t: &TestApp, last: &fact::Model) {
    let cut = async |txn: &sea_orm::DatabaseTransaction| {
        fact::Entity::delete_many()
            .filter(fact::Column::CommitteeId.eq(t.committee))
            .filter(fact::Column::Seq.gte(last.seq))
            .exec(txn)
            .await?;
        ledger_head::Entity::update_many()
            .col_expr(ledger_head::Column::Seq, Expr::value(last.seq - 1))
            .col_expr(
                ledger_head::Column::Hash,
                Expr::value(last.prev_hash.clone()),
            )
            .filter(ledger_head::Column::CommitteeId.eq(t.committee))
            .filter(ledger_head::Column::Chain.eq("facts"))
            .exec(txn)
            .await?;
        Ok(())
    };
    t.app.db.housekeeping(cut).await.unwrap();
}
