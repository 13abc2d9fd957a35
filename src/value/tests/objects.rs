//! Objects, futures and streams as values.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::stream::{self, StreamExt};

use super::{Budget, list, repr, shown, v};
use crate::error::{Error, ErrorKind};
use crate::value::{
    Object, Symbol, Unlimited, Value, ValueIter, access, compare, display, settled, truth,
};

#[derive(Debug)]
struct Shelf(Vec<&'static str>);

impl Object for Shelf {
    fn type_name(&self) -> &str {
        "shelf"
    }

    fn get_attr(self: &Arc<Self>, name: &str) -> Option<Value> {
        (name == "first").then(|| v(self.0[0]))
    }

    fn get_item(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let index = usize::try_from(key.as_i64()?).ok()?;
        self.0.get(index).copied().map(Value::from)
    }

    fn iterate(self: &Arc<Self>) -> Option<ValueIter> {
        let this = Arc::clone(self);
        let items = (0..self.0.len()).map(move |at| v(this.0[at]));
        Some(ValueIter::new(items))
    }

    fn len(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

#[test]
fn objects() {
    let shelf = Value::from_object(Shelf(vec!["a", "b"]));
    assert_eq!(shelf.get_attr("first"), v("a"));
    assert_eq!(shelf.get_item(&v(1)), v("b"));
    assert_eq!(shelf.get_item(&v("first")), v("a"));
    assert!(shelf.get_attr("last").is_undefined());
    assert_eq!(shelf.to_string(), "<shelf>");
    assert_eq!((shelf.len(), shelf.is_true()), (Some(2), true));
    assert!(!Value::from_object(Shelf(vec![])).is_true());
    assert_eq!(
        repr(&shelf.try_iter().expect("it has items").collect()),
        "['a', 'b']"
    );
    assert_eq!(
        serde_json::to_string(&shelf).expect("it serialises"),
        r#"["a","b"]"#
    );
    assert!(shelf == shelf.clone());
    assert!(shelf != Value::from_object(Shelf(vec!["a", "b"])));
    assert!(shelf.downcast_object::<Shelf>().is_some());
    let missing = access::attribute(&Unlimited, Default::default(), &shelf, &Symbol::new("last"));
    let missing = missing.expect("it is missing");
    let message = missing.as_undefined().map(|known| known.message());
    assert_eq!(message.as_deref(), Some("'shelf' has no attribute 'last'"));
}

#[test]
fn futures_are_no_results() {
    let value = Value::pending("fetch_user".into(), async { Ok(v(7)) });
    let attempts = [
        display::to_text(&Unlimited, &value).map(Value::from),
        display::to_text(&Unlimited, &list([value.clone()])).map(Value::from),
        truth(&Unlimited, &value).map(Value::from),
        compare::equal(&Unlimited, &value, &v(7)).map(Value::from),
        compare::equal(&Unlimited, &v(7), &value).map(Value::from),
        crate::value::operate::add(&Unlimited, &v(1), &value),
        crate::value::operate::concat(&Unlimited, &[v(1), value.clone()], false),
        crate::value::collect(&Unlimited, &value).map(Value::from),
        access::item(&Unlimited, Default::default(), &value, &v(0)),
        access::item(&Unlimited, Default::default(), &list([]), &value),
        access::attribute(&Unlimited, Default::default(), &value, &Symbol::new("x")),
    ];
    for attempt in attempts {
        let error = attempt.expect_err("the future was not awaited");
        assert_eq!(error.kind(), ErrorKind::UnawaitedFuture);
        assert_eq!(
            error.message(),
            "the future of `fetch_user` was not awaited; write `await` in front of it"
        );
        assert!(
            error
                .pending()
                .is_some_and(|pending| pending.is_same(&value))
        );
    }
    assert_eq!(value.to_string(), "<future fetch_user>");
}

fn poll(value: &Value) {
    let future = value.as_pending().expect("it is a future").wait();
    let mut context = Context::from_waker(Waker::noop());
    assert!(pin!(future).poll(&mut context).is_ready());
}

#[test]
fn futures_that_are_done_count_where_they_are_awaited() {
    let done = Value::from_future(async { Ok(7) });
    let failed = Value::from_future(async { Err::<Value, _>(Error::host("no luck")) });
    let mut budget = Budget::new(1 << 20, 1 << 20);
    budget.awaited = true;
    assert!(settled(&budget, &done).is_err(), "it is not done yet");
    poll(&done);
    poll(&failed);
    assert!(settled(&Unlimited, &done).is_err(), "nobody awaits here");
    assert_eq!(
        display::to_text(&budget, &list([done.clone()]))
            .as_deref()
            .ok(),
        Some("[7]")
    );
    assert_eq!(
        compare::equal(&budget, &list([done.clone()]), &list([v(7)])).ok(),
        Some(true)
    );
    assert_eq!(truth(&budget, &done).ok(), Some(true));
    assert_eq!(shown(settled(&budget, &failed).cloned()), "!!no luck");
}

#[test]
fn streams_are_read_once() {
    let value = Value::stream("numbers".into(), stream::iter([Ok(v(1)), Ok(v(2))]));
    let error = value.try_iter().expect_err("it must be awaited");
    assert_eq!(error.kind(), ErrorKind::StreamInSyncFor);
    assert!(error.pending().is_some());
    let stream = value.as_stream().expect("it is a stream");
    let handle = stream.take().expect("it was not read yet");
    let mut context = Context::from_waker(Waker::noop());
    let mut reader = handle.reader();
    let first = reader.with(|stream| stream.poll_next_unpin(&mut context));
    assert!(matches!(first, Poll::Ready(Some(Ok(item))) if item == v(1)));
    let error = stream.take().expect_err("it was read");
    assert_eq!(error.kind(), ErrorKind::StreamConsumed);
}

#[test]
fn values_travel_between_threads() {
    fn travels<T: Send + Sync + 'static>() {}
    travels::<Value>();
    travels::<Error>();
    travels::<crate::value::StreamHandle>();
    fn moves<T: Send + 'static>() {}
    moves::<ValueIter>();
}
