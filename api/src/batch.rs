//! Batches: what many ask for at the same moment is done together, in one query or one transaction.
//!
//! There is no timer. Whatever waits is taken, done and answered, and what comes meanwhile waits
//! for the next turn: under load the batches grow by themselves, and a single request waits for
//! nobody. A transaction costs one flush of the disk, however many are in it (group commit); a
//! query costs one way to the database and back.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};

use crate::error::{ApiError, Code, Result};

/// How long a batch may take. The database gives statements up before that; a network that was cut
/// tells nobody. Shorter than a request waits, so that whoever asked hears it.
const LONGEST: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 7 });

/// What is asked, and where the answer goes.
type Asked<T, R> = (T, oneshot::Sender<Result<R>>);

/// A queue before one worker that does what waits in batches. Cheap to clone.
#[derive(Debug)]
pub struct Batcher<T, R> {
    waiting: mpsc::Sender<Asked<T, R>>,
}

impl<T, R> Clone for Batcher<T, R> {
    fn clone(&self) -> Self {
        Self {
            waiting: self.waiting.clone(),
        }
    }
}

impl<T: 'static, R: 'static> Batcher<T, R> {
    /// Starts the worker on this thread's runtime; it ends when nobody can ask any more.
    ///
    /// At most `most` are done in one batch, and at most `room` wait. `perform` does a batch and
    /// answers each in its order. When it fails as a whole, each is tried alone, so that one that
    /// cannot be done never fails its neighbours; when it fails with `unavailable` none of them is
    /// at fault, and all are sent away at once instead of waiting for a database that is gone.
    /// What nobody waits for any more is not begun.
    pub fn spawn(
        room: usize,
        most: usize,
        perform: impl AsyncFn(&[T]) -> Result<Vec<Result<R>>> + 'static,
    ) -> Self {
        let (waiting, mut asked) = mpsc::channel(room);
        actix_web::rt::spawn(async move {
            let mut batch: Vec<Asked<T, R>> = Vec::with_capacity(most);
            while asked.recv_many(&mut batch, most).await > 0 {
                let waited_for = batch.drain(..).filter(|(_, answer)| !answer.is_closed());
                let (items, answers): (Vec<T>, Vec<_>) = waited_for.unzip();
                if items.is_empty() {
                    continue;
                }
                match together(&perform, &items).await {
                    Ok(outcomes) => answer(answers, outcomes),
                    Err(error) if items.len() == 1 => answer(answers, vec![Err(error)]),
                    Err(error) if error.code == Code::Unavailable => {
                        tracing::warn!(%error, count = items.len(), "a batch cannot be done now");
                        let later = items.iter().map(|_| Err(come_again())).collect();
                        answer(answers, later);
                    }
                    Err(error) => {
                        tracing::warn!(%error, count = items.len(), "a batch failed; each is tried alone");
                        for (item, to) in items.chunks(1).zip(answers) {
                            let outcomes = together(&perform, item).await;
                            answer(vec![to], outcomes.unwrap_or_else(|error| vec![Err(error)]));
                        }
                    }
                }
            }
        });
        Self { waiting }
    }

    /// How many wait, apart from those that are being done.
    pub fn waiting(&self) -> usize {
        self.waiting.max_capacity() - self.waiting.capacity()
    }

    /// Asks for `item` to be done and waits until it is, durably, or is refused.
    ///
    /// # Errors
    /// `unavailable`, to be tried again after a second, when there is no room to wait; else what
    /// `perform` says. Whoever stops waiting does not undo what he asked for.
    pub async fn ask(&self, item: T) -> Result<R> {
        let (answer, answered) = oneshot::channel();
        self.waiting
            .try_send((item, answer))
            .map_err(|_| come_again())?;
        answered.await.unwrap_or_else(|_| Err(come_again()))
    }
}

fn come_again() -> ApiError {
    ApiError {
        retry_after: Some(1),
        ..ApiError::new(Code::Unavailable)
    }
}

/// A panic has failed like anything else, and so has what does not end: the queue goes on.
async fn together<T, R>(
    perform: &impl AsyncFn(&[T]) -> Result<Vec<Result<R>>>,
    items: &[T],
) -> Result<Vec<Result<R>>> {
    let performed = AssertUnwindSafe(perform(items)).catch_unwind();
    let outcomes = tokio::time::timeout(LONGEST, performed)
        .await
        .map_err(|_| ApiError::unavailable(anyhow::anyhow!("a batch took over {LONGEST:?}")))?
        .unwrap_or_else(|_| Err(anyhow::anyhow!("a batch panicked").into()))?;
    if outcomes.len() == items.len() {
        Ok(outcomes)
    } else {
        let (asked, got) = (items.len(), outcomes.len());
        Err(ApiError::internal(anyhow::anyhow!(
            "{got} outcomes for {asked} in a batch"
        )))
    }
}

fn answer<R>(to: Vec<oneshot::Sender<Result<R>>>, outcomes: Vec<Result<R>>) {
    for (to, outcome) in to.into_iter().zip(outcomes) {
        // Who has gone meanwhile hears it when he asks again.
        let _gone = to.send(outcome);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    /// Doubles numbers; a batch with a 13 in it fails, one with a 17 finds the database gone, and a
    /// 7 is refused.
    fn doubling(groups: Rc<RefCell<Vec<usize>>>) -> Batcher<u32, u32> {
        Batcher::spawn(64, 16, async move |numbers: &[u32]| {
            groups.borrow_mut().push(numbers.len());
            tokio::task::yield_now().await;
            if numbers.contains(&13) {
                return Err(anyhow::anyhow!("poisoned").into());
            }
            if numbers.contains(&17) {
                return Err(ApiError::new(Code::Unavailable));
            }
            Ok(numbers
                .iter()
                .map(|&number| match number {
                    7 => Err(ApiError::new(Code::Conflict)),
                    _ => Ok(number * 2),
                })
                .collect())
        })
    }

    #[actix_web::test]
    async fn what_waits_together_is_done_together_and_each_hears_his_own() {
        let groups = Rc::default();
        let queue = doubling(Rc::clone(&groups));

        let answers = futures_util::future::join_all((0..40).map(|number| queue.ask(number))).await;

        for (number, answer) in (0..40).zip(answers) {
            match number {
                7 => assert_eq!(answer.unwrap_err().code, Code::Conflict),
                13 => assert_eq!(answer.unwrap_err().code, Code::Internal),
                // They were taken together with 17.
                16..32 => assert_eq!(answer.unwrap_err().code, Code::Unavailable),
                _ => assert_eq!(answer.unwrap(), number * 2),
            }
        }
        // Sixteen, of which one fails all, so sixteen alone; sixteen that nobody tries again; eight.
        let mut expected = vec![16];
        expected.extend([1; 16]);
        expected.extend([16, 8]);
        assert_eq!(*groups.borrow(), expected);
    }

    #[actix_web::test]
    async fn a_full_queue_asks_to_come_again() {
        let queue = doubling(Rc::default());

        let answers =
            futures_util::future::join_all((100..200).map(|number| queue.ask(number))).await;

        let (served, sent_away): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((served.len(), sent_away.len()), (64, 36));
        for refusal in sent_away {
            let refusal = refusal.unwrap_err();
            assert_eq!(
                (refusal.code, refusal.retry_after),
                (Code::Unavailable, Some(1))
            );
        }
    }

    #[actix_web::test]
    async fn what_nobody_waits_for_is_not_begun() {
        let groups: Rc<RefCell<Vec<usize>>> = Rc::default();
        let queue = doubling(Rc::clone(&groups));

        let mut gone = Box::pin(queue.ask(1));
        assert!(futures_util::poll!(gone.as_mut()).is_pending());
        drop(gone);
        assert_eq!(queue.ask(2).await.unwrap(), 4);

        assert_eq!(*groups.borrow(), [1]);
    }

    #[actix_web::test]
    async fn what_does_not_end_is_given_up_and_the_queue_goes_on() {
        let queue = Batcher::<u32, u32>::spawn(8, 1, async |numbers: &[u32]| {
            if numbers == [1] {
                std::future::pending::<()>().await;
            }
            Ok(numbers.iter().map(|&number| Ok(number)).collect())
        });

        let (lost, next) = futures_util::future::join(queue.ask(1), queue.ask(2)).await;

        assert_eq!(lost.unwrap_err().code, Code::Unavailable);
        assert_eq!(next.unwrap(), 2);
    }

    #[actix_web::test]
    async fn a_panic_fails_its_group_and_not_the_queue() {
        let queue = Batcher::<u32, u32>::spawn(8, 8, async |numbers: &[u32]| {
            assert_ne!(numbers, [1], "a planted defect");
            Ok(numbers.iter().map(|&number| Ok(number)).collect())
        });

        assert!(queue.ask(1).await.is_err());
        assert_eq!(queue.ask(2).await.unwrap(), 2);
    }
}
