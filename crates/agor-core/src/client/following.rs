//! Something that a host tells at once and again whenever it has changed: how it is, what the evidence for
//! a session's state is, what agents used.

use agor_proto::message::{Followed, Part, Query};

use super::{Answers, Client, ClientError};

/// What is followed, as it changes. It goes on over every link, and ends when it is dropped.
#[derive(Debug)]
pub struct Following {
    answers: Answers,
}

impl Client {
    /// Follows something.
    ///
    /// # Errors
    /// Why there is no connection any more.
    pub fn follow(&self, what: Followed) -> Result<Following, ClientError> {
        let seen = None;
        let answers = self.ask(Query::Follow { what, seen })?;
        Ok(Following { answers })
    }
}

impl Following {
    /// Returns all of it as it is now, and then whenever it has changed; `None` after the end.
    ///
    /// # Errors
    /// The host's, [`Unsupported`](agor_proto::error::ErrorCode::Unsupported) if it is of an earlier release,
    /// or why there is no connection any more. It ends with that.
    pub async fn next(&mut self) -> Option<Result<Vec<Part>, ClientError>> {
        let mut parts = Vec::new();
        loop {
            match self.answers.next().await? {
                Ok(Part::Told { .. }) => return Some(Ok(parts)),
                Ok(part) => parts.push(part),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
