//! Samples of alerts: so that somebody sees, before anything is wrong, that alerts arrive where they go. One leaves as a
//! test send does, and whoever asks waits for the answer.

use cartwright_domain::alert::AlertTarget;
use cartwright_domain::ids::ShopId;
use cartwright_domain::test_send::{TEST_ALERTS_AN_HOUR, TestKind, TestSend, alert_document};

use crate::Engine;
use crate::test_sends::{Going, TestError, channel_of};

impl Engine {
    /// Sends a sample to one of those who are told of the shop's alerts.
    pub async fn send_test_alert(&self, shop: ShopId, target: &AlertTarget, by: &str) -> Result<TestSend, TestError> {
        let settings = self.shop_settings(shop).await?;
        if !settings.shop.alerts.contains(target) {
            return Err(TestError::NotTold);
        }
        let channel = channel_of(&settings, &target.channel)?;
        let to = target.address(channel).ok_or_else(|| TestError::Address(channel.name.clone()))?;
        self.check_pace(shop, TestKind::Alert, TEST_ALERTS_AN_HOUR).await?;
        let short = channel.ability.as_ref().map_or("", |ability| &ability.channel);
        let document = alert_document(&settings.shop.name, short, self.now());
        let test = self.new_test(TestKind::Alert, by, &target.channel, to);
        self.hand_over_test(&settings, channel, Going { test, document }).await
    }
}
