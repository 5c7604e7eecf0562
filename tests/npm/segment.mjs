// The requests that Segment's own library for servers sends. Standard input: { key, calls: [what a track call says] }
import { Analytics } from "@segment/analytics-node";
import { caught, wanted } from "./loopback.mjs";

const { key, calls } = await wanted();
const requests = [];
for (const { event, userId, properties, timestamp, context } of calls) {
  requests.push(
    await caught({ body: { success: true } }, async (here) => {
      const analytics = new Analytics({ writeKey: key, host: here, path: "/v1/batch", maxRetries: 0 });
      analytics.track({ event, userId, properties, timestamp: new Date(timestamp), context });
      await analytics.closeAndFlush();
    }),
  );
}
console.log(JSON.stringify(requests.map(({ headers: { host, connection, "content-length": length, ...headers }, ...rest }) => ({ ...rest, headers }))));
