//! The two chains attacked where they are stored: seven ways in ten places each, behind the
//! service's back, and every one is found and named; a hundred honest histories are not.

mod attack;
mod history;

use api::audit::chain::{Chain, FirstBroken};
use api::audit::checkpoint::{self, Checkpoints};
use api::audit::offline::{Report, Source, verify, verify_against};
use domain::ids::CommitteeId;
use tests::TestApp;

use attack::Table;
use history::{Dice, History};

const PLACES: usize = 10;

/// What the proof says of one chain of the committee: nothing, or the first bad entry and why.
fn first_broken(report: &Report, committee: CommitteeId, chain: Chain) -> Option<&FirstBroken> {
    let mut chains = report.chains.iter();
    let found = chains.find(|one| one.committee_id == committee && one.chain == chain);
    found.expect("the chain is proved").first_broken.as_ref()
}

/// A place of an attack: a chain, and the number of an entry that has others on both sides.
fn place(history: &History, dice: &mut Dice, turn: usize) -> (Table, i64) {
    let table = if turn.is_multiple_of(2) {
        Table::Fact
    } else {
        Table::Audit
    };
    (table, 2 + dice.below(history.length(table) - 3))
}

/// Attacks in ten places; each time the entry that `attack` names is named, and nothing else.
async fn attacked(
    seed: u64,
    attack: impl AsyncFn(&History, &mut Dice, usize) -> (Table, i64, &'static str),
) {
    let history = History::write(seed).await;
    let mut dice = Dice::new(seed);
    for turn in 0..PLACES {
        assert!(history.prove().await.ok(), "whole before attack {turn}");

        let (table, seq, why) = attack(&history, &mut dice, turn).await;

        let report = history.prove().await;
        let found = first_broken(&report, history.committee(), table.chain());
        let found = found.unwrap_or_else(|| panic!("attack {turn} at {table:?} {seq} is found"));
        assert_eq!(found.seq, seq.unsigned_abs(), "attack {turn}: {found:?}");
        assert_eq!(found.why, why, "attack {turn}: {found:?}");
        history.undo().await;
    }
}

#[actix_web::test]
async fn a_changed_entry_is_named() {
    attacked(1, async |history, dice, turn| {
        let (table, seq) = place(history, dice, turn);
        history.change(table, seq, turn).await;
        (table, seq, "hash_mismatch")
    })
    .await;
}

#[actix_web::test]
async fn a_deleted_entry_leaves_a_gap() {
    attacked(2, async |history, dice, turn| {
        let (table, seq) = place(history, dice, turn);
        history.delete(table, seq).await;
        // The gap is seen at the entry that stands where the deleted one was due.
        (table, seq + 1, "gap")
    })
    .await;
}

#[actix_web::test]
async fn a_tail_cut_off_is_missed_even_where_the_head_was_moved_with_it() {
    attacked(3, async |history, dice, turn| {
        let (table, seq) = place(history, dice, turn);
        history.cut(table, seq, turn % 3 != 0).await;
        (table, seq, "truncated")
    })
    .await;
}

#[actix_web::test]
async fn of_two_entries_that_changed_places_the_first_is_named() {
    attacked(4, async |history, dice, turn| {
        let (table, first) = place(history, dice, turn);
        let second = first + 1 + dice.below(history.length(table) - first);
        history.swap(table, first, second).await;
        (table, first, "hash_mismatch")
    })
    .await;
}

#[actix_web::test]
async fn a_forged_entry_is_named_even_with_a_right_seal() {
    attacked(5, async |history, dice, turn| {
        let (table, seq) = place(history, dice, turn);
        match turn {
            // Before the first entry, where a walk from number 1 on would not look.
            0 => history.hide(table, i64::MIN).await,
            1 => history.hide(table, 0).await,
            _ => {
                history.insert(table, seq).await;
                return (table, seq, "head_mismatch");
            }
        }
        (table, 0, "gap")
    })
    .await;
}

#[actix_web::test]
async fn a_history_rewritten_with_right_seals_is_named_from_its_first_changed_entry() {
    attacked(6, async |history, dice, turn| {
        let (table, seq) = place(history, dice, turn);
        history.rewrite(table, seq).await;
        let alone = verify(Source::Database(&history.t.app.db)).await.unwrap();
        assert!(alone.ok(), "no chain can prove this of itself");
        (table, seq, "head_mismatch")
    })
    .await;
}

#[actix_web::test]
async fn an_older_backup_put_back_is_found_also_after_work_went_on() {
    let mut history = History::begin().await;
    let mut dice = Dice::new(7);
    let mut backups = Vec::new();
    for number in 0..PLACES {
        history.go_on(&mut dice, 12).await;
        backups.push(history.back_up(number).await);
        history.go_on(&mut dice, 3).await;
    }
    history.note().await;

    for (number, lengths) in backups.into_iter().enumerate() {
        history.put_back(number).await;
        if number.is_multiple_of(2) {
            history.work(&mut dice, 200 - number * 10).await;
        }
        let report = history.prove().await;
        for (table, length) in lengths {
            let found = first_broken(&report, history.committee(), table.chain());
            let found = found.unwrap_or_else(|| panic!("backup {number} is found"));
            assert_eq!(found.seq, length.unsigned_abs() + 1, "{found:?}");
            let expected = if number.is_multiple_of(2) {
                "head_mismatch"
            } else {
                "truncated"
            };
            assert_eq!(found.why, expected, "{found:?}");
        }
    }
}

#[actix_web::test]
async fn a_hundred_honest_histories_are_proved_whole() {
    let t = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seals");
    let mut dice = Dice::new(8);
    for number in 0..100 {
        let (committee, group) = history::found(&t, number).await;
        let writes = dice.below(12);
        history::write(&t, committee, &[group], &mut dice, writes.unsigned_abs()).await;
        if number % 25 == 0 {
            let noted = checkpoint::note(&t.app.db, &t.app.vault, &file, t.now()).await;
            assert!(noted.unwrap().ok());
        }
        history::write(&t, committee, &[group], &mut dice, 2).await;
    }
    let noted = Checkpoints::read(&file, &t.app.vault).unwrap();
    let report = verify_against(Source::Database(&t.app.db), &noted)
        .await
        .unwrap();
    assert!(2 * 100 < report.chains.len());
    assert!(report.ok(), "{report}");
}

#[actix_web::test]
async fn a_proof_made_while_the_service_writes_raises_no_alarm() {
    let mut history = History::begin().await;
    let (db, vault) = (history.t.app.db.clone(), history.vault());
    let file = history.file().to_owned();
    let now = history.t.now();
    let mut dice = Dice::new(9);
    let proving = async {
        for _ in 0..8 {
            let report = checkpoint::note(&db, &vault, &file, now).await.unwrap();
            assert!(report.ok(), "{report}");
        }
    };
    tokio::join!(proving, history.go_on(&mut dice, 150));
    assert!(history.prove().await.ok());
}

#[actix_web::test]
async fn what_is_stored_in_another_form_is_a_change_too() {
    let history = History::write(10).await;
    let day = if history.is_sqlite() {
        // Reads as the same day and is not found by a search between days.
        "substr(happened_on, 1, 5) || CAST(substr(happened_on, 6, 2) AS INTEGER) || substr(happened_on, 8)"
    } else {
        "happened_on + 1"
    };
    history.set("fact", "happened_on", day, 5).await;
    let report = history.prove().await;
    let found = first_broken(&report, history.committee(), Chain::Facts);
    assert_eq!(
        found.map(|one| (one.seq, one.why)),
        Some((5, "hash_mismatch"))
    );
    history.undo().await;

    if history.is_sqlite() {
        for (column, value) in [
            ("happened_on", "'the day before'"),
            ("source_id", "CAST(source_id AS TEXT)"),
            ("title", "CAST(title AS BLOB)"),
            ("recorded_at", "7"),
        ] {
            history.set("fact", column, value, 9).await;
            let report = history.prove().await;
            let found = first_broken(&report, history.committee(), Chain::Facts);
            assert_eq!(found.map(|one| one.seq), Some(9), "{column} = {value}");
            history.undo().await;
        }
    }
}

#[actix_web::test]
async fn a_file_of_checkpoints_that_was_touched_is_refused() {
    let mut history = History::begin().await;
    let mut dice = Dice::new(11);
    for _ in 0..3 {
        history.go_on(&mut dice, 4).await;
        history.note().await;
    }
    let text = std::fs::read_to_string(history.file()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let own: Vec<usize> = (0..lines.len())
        .filter(|line| lines[*line].contains(&history.committee().to_string()))
        .collect();
    assert!(4 < own.len(), "one line a chain and note: {text}");

    let mut without_one = lines.clone();
    without_one.remove(own[0]);
    let read = |lines: &[&str]| {
        std::fs::write(history.file(), lines.join("\n")).unwrap();
        Checkpoints::read(history.file(), &history.vault()).map_err(|error| format!("{error:#}"))
    };
    assert!(read(&lines).is_ok());
    assert!(
        read(&without_one)
            .unwrap_err()
            .contains("a line before it is missing")
    );
    let bent = lines[0].replacen("\"after\":0", "\"after\":1", 1);
    let bent = [&[bent.as_str()], &lines[1..]].concat();
    assert!(
        read(&bent)
            .unwrap_err()
            .contains("not written with the key")
    );
}
