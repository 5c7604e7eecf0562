// The contract as TypeScript sees it, made from `wit/`. Do not edit.

declare module 'cartwright:plugin/candidates@0.2.0' {
  export function count(): number;
  /**
   * Name of the content; none beyond the last.
   */
  export function name(index: number): string | null;
  export function hasLabel(index: number, label: string): boolean;
  export function labels(index: number): Array<string>;
}

declare module 'cartwright:plugin/cart@0.2.0' {
  /**
   * Whether there is one at all; without, the other functions answer 0, none and no.
   */
  export function exists(): boolean;
  export function total(): Money | null;
  /**
   * Number of lines.
   */
  export function linesCount(): number;
  /**
   * Sum of the quantities.
   */
  export function pieces(): number;
  /**
   * A line by its place; none beyond the last. Copying lines is the dear part: prefer the predicates.
   */
  export function line(index: number): CartLine | null;
  export function hasSku(sku: string): boolean;
  export function hasProduct(productId: string): boolean;
  /**
   * Product type, tag or collection of any line (exact, case-sensitive).
   */
  export function hasCategory(name: string): boolean;
  /**
   * Pieces of this SKU.
   */
  export function quantityOf(sku: string): number;
  export function updatedAt(): Instant | null;
  /**
   * Where the customer can go on with it.
   */
  export function recoveryUrl(): string | null;
  export type Instant = import('cartwright:plugin/types@0.2.0').Instant;
  export type Money = import('cartwright:plugin/types@0.2.0').Money;
  /**
   * One line. Frozen: what more there is to know about a line comes as further functions.
   */
  export interface CartLine {
    title: string,
    sku?: string | null,
    variantId?: string | null,
    quantity: number,
    /**
     * Price of one piece.
     */
    price?: Money | null,
    imageUrl?: string | null,
    productUrl?: string | null,
  }
}

declare module 'cartwright:plugin/channel@0.2.0' {
  export function describe(): Descriptor;
  export function ability(): ChannelAbility;
  export function checkConfig(config: Json): void;
  export function begin(task: Task): Step;
  export function resume(state: Uint8Array, responses: Array<Response>): Step;
  export function verify(webhook: Webhook): Verification;
  /**
   * Only called for authentic webhooks. What it does not know it leaves out.
   */
  export function receive(webhook: Webhook): Array<Receipt>;
  export type Descriptor = import('cartwright:plugin/types@0.2.0').Descriptor;
  export type Fault = import('cartwright:plugin/types@0.2.0').Fault;
  export type Instant = import('cartwright:plugin/types@0.2.0').Instant;
  export type Json = import('cartwright:plugin/types@0.2.0').Json;
  export type Request = import('cartwright:plugin/transport@0.2.0').Request;
  export type Response = import('cartwright:plugin/transport@0.2.0').Response;
  export type Webhook = import('cartwright:plugin/transport@0.2.0').Webhook;
  export type Verification = import('cartwright:plugin/transport@0.2.0').Verification;
  /**
   * # Variants
   * 
   * ## `"send"`
   * 
   * ## `"lookup"`
   * 
   * ## `"price"`
   * 
   * ## `"probe"`
   * 
   * ## `"list-templates"`
   * 
   * ## `"create-template"`
   * 
   * ## `"refresh"`
   */
  export type TaskKind = 'send' | 'lookup' | 'price' | 'probe' | 'list-templates' | 'create-template' | 'refresh';
  /**
   * # Variants
   * 
   * ## `"phone"`
   * 
   * E.164.
   * ## `"email"`
   * 
   * ## `"handle"`
   * 
   * An identity of the provider's own.
   */
  export type AddressKind = 'phone' | 'email' | 'handle';
  export interface Address {
    kind: AddressKind,
    value: string,
  }
  /**
   * # Variants
   * 
   * ## `"never"`
   * 
   * ## `"accepted"`
   * 
   * ## `"delivered"`
   */
  export type Billing = 'never' | 'accepted' | 'delivered';
  /**
   * # Variants
   * 
   * ## `"idempotent"`
   * 
   * ## `"not-idempotent"`
   */
  export type Repeat = 'idempotent' | 'not-idempotent';
  export interface Message {
    /**
     * Ours; stable over all attempts. Put it where the provider echoes it.
     */
    id: string,
    to: Address,
    /**
     * BCP 47 tag of the chosen variant.
     */
    locale: string,
    /**
     * The rendered variant, as the content schema says.
     */
    content: Json,
    createdAt: Instant,
  }
  /**
   * # Variants
   * 
   * ## `"pending"`
   * 
   * ## `"approved"`
   * 
   * ## `"rejected"`
   * 
   * ## `"paused"`
   */
  export type TemplateState = 'pending' | 'approved' | 'rejected' | 'paused';
  /**
   * A template that the provider keeps and approves.
   */
  export interface Template {
    name: string,
    /**
     * BCP 47.
     */
    locale: string,
    /**
     * As the content schema says.
     */
    content: Json,
    state: TemplateState,
    /**
     * The provider's words on it, such as why it was rejected.
     */
    words?: string | null,
  }
  export type Task = TaskSend | TaskLookup | TaskPrice | TaskProbe | TaskListTemplates | TaskCreateTemplate | TaskRefresh;
  export interface TaskSend {
    tag: 'send',
    val: Message,
  }
  /**
   * What became of the message whose answer was lost.
   */
  export interface TaskLookup {
    tag: 'lookup',
    val: Message,
  }
  /**
   * What a message cost, where the provider says so only later; by the provider's id.
   */
  export interface TaskPrice {
    tag: 'price',
    val: string,
  }
  /**
   * A harmless request that says whether the credentials work.
   */
  export interface TaskProbe {
    tag: 'probe',
  }
  /**
   * The templates that the provider knows.
   */
  export interface TaskListTemplates {
    tag: 'list-templates',
  }
  /**
   * Asks the provider to approve a template.
   */
  export interface TaskCreateTemplate {
    tag: 'create-template',
    val: Template,
  }
  /**
   * Renews a secret, by a request that captures it.
   */
  export interface TaskRefresh {
    tag: 'refresh',
    val: string,
  }
  export interface Price {
    micros: number,
    currency: string,
  }
  export interface Acceptance {
    /**
     * The provider's id: receipts are matched by it.
     */
    providerId: string,
    /**
     * Millionths of the currency unit with its ISO 4217 code, where the answer names a price.
     */
    price?: Price | null,
  }
  export type RejectionClass = RejectionClassInvalidRecipient | RejectionClassNotOnChannel | RejectionClassOptOut | RejectionClassWindowClosed | RejectionClassFrequencyCap | RejectionClassRateLimited | RejectionClassTransient | RejectionClassTemplate | RejectionClassContentPolicy | RejectionClassSenderPolicy | RejectionClassAuth | RejectionClassBilling | RejectionClassTooLarge | RejectionClassBadRequest | RejectionClassUnknown;
  export interface RejectionClassInvalidRecipient {
    tag: 'invalid-recipient',
  }
  export interface RejectionClassNotOnChannel {
    tag: 'not-on-channel',
  }
  export interface RejectionClassOptOut {
    tag: 'opt-out',
  }
  export interface RejectionClassWindowClosed {
    tag: 'window-closed',
  }
  export interface RejectionClassFrequencyCap {
    tag: 'frequency-cap',
  }
  /**
   * Not before this instant; none leaves it to the host's back-off.
   */
  export interface RejectionClassRateLimited {
    tag: 'rate-limited',
    val: Instant | null,
  }
  export interface RejectionClassTransient {
    tag: 'transient',
  }
  export interface RejectionClassTemplate {
    tag: 'template',
  }
  export interface RejectionClassContentPolicy {
    tag: 'content-policy',
  }
  export interface RejectionClassSenderPolicy {
    tag: 'sender-policy',
  }
  export interface RejectionClassAuth {
    tag: 'auth',
  }
  export interface RejectionClassBilling {
    tag: 'billing',
  }
  export interface RejectionClassTooLarge {
    tag: 'too-large',
  }
  export interface RejectionClassBadRequest {
    tag: 'bad-request',
  }
  /**
   * Refused with a code that nobody listed.
   */
  export interface RejectionClassUnknown {
    tag: 'unknown',
  }
  export interface Details {
    /**
     * The provider's code, such as `131026`.
     */
    code?: string | null,
    /**
     * The provider's words.
     */
    text: string,
  }
  export interface Rejection {
    'class': RejectionClass,
    details: Details,
  }
  /**
   * One class each, a closed list. The provider's own code and words go into `details`.
   */
  export type Outcome = OutcomeAccepted | OutcomeRejected | OutcomeUncertain;
  export interface OutcomeAccepted {
    tag: 'accepted',
    val: Acceptance,
  }
  export interface OutcomeRejected {
    tag: 'rejected',
    val: Rejection,
  }
  /**
   * The provider may or may not have it.
   */
  export interface OutcomeUncertain {
    tag: 'uncertain',
    val: Details,
  }
  /**
   * What a task came to. Each task has one kind of result.
   */
  export type Completion = CompletionSent | CompletionPriced | CompletionProbed | CompletionTemplates | CompletionCreated | CompletionRefreshed | CompletionFailed;
  /**
   * Of `send` and `lookup`.
   */
  export interface CompletionSent {
    tag: 'sent',
    val: Outcome,
  }
  /**
   * Of `price`; none where the provider does not know it yet.
   */
  export interface CompletionPriced {
    tag: 'priced',
    val: Price | null,
  }
  /**
   * Of `probe`: who we are to the provider, in its words.
   */
  export interface CompletionProbed {
    tag: 'probed',
    val: string,
  }
  /**
   * Of `list-templates`.
   */
  export interface CompletionTemplates {
    tag: 'templates',
    val: Array<Template>,
  }
  /**
   * Of `create-template`: the template as the provider took it.
   */
  export interface CompletionCreated {
    tag: 'created',
    val: Template,
  }
  /**
   * Of `refresh`.
   */
  export interface CompletionRefreshed {
    tag: 'refreshed',
  }
  /**
   * Of any task but `send` and `lookup`: the provider refused.
   */
  export interface CompletionFailed {
    tag: 'failed',
    val: Rejection,
  }
  export interface Pending {
    requests: Array<Request>,
    /**
     * At most 64 KiB, opaque to the host and stored before the requests leave.
     */
    state: Uint8Array,
  }
  /**
   * Where a task stands.
   */
  export type Step = StepCall | StepDone;
  /**
   * Make these requests (at most 4), then call `resume` with this state and the answers in the same order.
   */
  export interface StepCall {
    tag: 'call',
    val: Pending,
  }
  export interface StepDone {
    tag: 'done',
    val: Completion,
  }
  /**
   * # Variants
   * 
   * ## `"accepted"`
   * 
   * ## `"delivered"`
   * 
   * ## `"read"`
   * 
   * ## `"clicked"`
   * 
   * ## `"replied"`
   * 
   * ## `"failed"`
   * 
   * ## `"opted-out"`
   */
  export type ReceiptKind = 'accepted' | 'delivered' | 'read' | 'clicked' | 'replied' | 'failed' | 'opted-out';
  /**
   * What the channel is, beside its descriptor.
   */
  export interface ChannelAbility {
    /**
     * Short name that content variants use: `whatsapp`, `email`, `inbox`.
     */
    channel: string,
    tasks: Array<TaskKind>,
    /**
     * Addresses it can use, best first.
     */
    addresses: Array<AddressKind>,
    /**
     * JSON Schema 2020-12 of a content variant; its text leaves are templates.
     */
    contentSchema: Json,
    /**
     * Sending the same message twice reaches the customer once: an unknown outcome is sent again.
     */
    sends: Repeat,
    /**
     * Receipts it can report; a state it cannot report is shown as `-`.
     */
    receipts: Array<ReceiptKind>,
    /**
     * When the provider bills a message.
     */
    billed: Billing,
    /**
     * The secrets that the task `refresh` renews; the host asks for it before they expire.
     */
    refreshes: Array<string>,
  }
  /**
   * Something the provider tells about a message or a customer.
   */
  export interface Receipt {
    /**
     * Stable for the same fact, so that a repeated webhook changes nothing.
     */
    id: string,
    kind: ReceiptKind,
    at: Instant,
    /**
     * The provider's id of our message.
     */
    providerId?: string | null,
    /**
     * Our message's id, where the provider echoes it.
     */
    messageId?: string | null,
    /**
     * Who acted, for replies and opt-outs.
     */
    sender?: Address | null,
    /**
     * Text of a reply, or payload of the button.
     */
    text?: string | null,
    /**
     * For `failed`: the class and the provider's words.
     */
    failure?: Rejection | null,
    price?: Price | null,
  }
}

declare module 'cartwright:plugin/condition@0.2.0' {
  export function describe(): Descriptor;
  /**
   * The names of all branches; empty means `yes` and `no`.
   */
  export function branches(): Array<string>;
  /**
   * Whether this configuration makes sense beyond its schema.
   */
  export function checkConfig(config: Json): void;
  /**
   * About the one subject that is present. 50 ms, 64 MiB.
   */
  export function evaluate(): Verdict;
  export type Descriptor = import('cartwright:plugin/types@0.2.0').Descriptor;
  export type Fault = import('cartwright:plugin/types@0.2.0').Fault;
  export type Json = import('cartwright:plugin/types@0.2.0').Json;
  export interface Verdict {
    /**
     * `yes` or `no`, or a name from `branches`; anything else counts as a failure of the plugin.
     */
    branch: string,
    /**
     * Optional words for the trace; the facts read stand there anyway.
     */
    reason?: string | null,
  }
}

declare module 'cartwright:plugin/connection@0.2.0' {
  export function now(): Instant;
  export function config(): Json;
  export function log(line: string): void;
  export type Instant = import('cartwright:plugin/types@0.2.0').Instant;
  export type Json = import('cartwright:plugin/types@0.2.0').Json;
}

declare module 'cartwright:plugin/contact@0.2.0' {
  /**
   * Given name, as the customer or the shop wrote it.
   */
  export function firstName(): string | null;
  export function lastName(): string | null;
  /**
   * E.164, such as `+4915112345678`.
   */
  export function phone(): string | null;
  export function email(): string | null;
  /**
   * Consent to marketing, one state for all channels.
   */
  export function marketing(): Consent;
  /**
   * # Variants
   * 
   * ## `"unknown"`
   * 
   * ## `"subscribed"`
   * 
   * ## `"unsubscribed"`
   */
  export type Consent = 'unknown' | 'subscribed' | 'unsubscribed';
}

declare module 'cartwright:plugin/customer@0.2.0' {
  /**
   * ISO 3166-1 alpha-2 country of the newest address, such as `DE`.
   */
  export function country(): string | null;
  /**
   * ISO 3166-2 part of that country, such as `US-FL`.
   */
  export function province(): string | null;
  /**
   * City of that address, as the customer or the shop wrote it.
   */
  export function city(): string | null;
  /**
   * BCP 47 language tag, such as `zh-TW`.
   */
  export function language(): string | null;
  /**
   * When the shop first heard of the customer.
   */
  export function registeredAt(): Instant | null;
  /**
   * Whether the customer carries the tag (exact, case-sensitive).
   */
  export function hasTag(name: string): boolean;
  /**
   * All tags in alphabetical order. Copying them is dearer than `has-tag`.
   */
  export function tags(): Array<string>;
  /**
   * An attribute as text; numbers and booleans in their JSON form.
   */
  export function attribute(name: string): string | null;
  export type Instant = import('cartwright:plugin/types@0.2.0').Instant;
}

declare module 'cartwright:plugin/decision@0.2.0' {
  /**
   * The moment of the decision. The virtual WASI clock shows the same.
   */
  export function now(): Instant;
  /**
   * The configuration saved with the step, already checked against the config schema.
   */
  export function config(): Json;
  /**
   * A number that is always the same for this run and step. Use it instead of a random generator of the
   * language: a generator moves on with each subject of a batch, and a decision must not depend on its place.
   */
  export function random(): number;
  /**
   * A line for the plugin's log (at most 100 lines a call, 1 KiB each; what is more is counted and dropped).
   */
  export function log(line: string): void;
  export type Instant = import('cartwright:plugin/types@0.2.0').Instant;
  export type Json = import('cartwright:plugin/types@0.2.0').Json;
}

declare module 'cartwright:plugin/local-time@0.2.0' {
  /**
   * IANA name of the zone, such as `Asia/Ho_Chi_Minh`.
   */
  export function zone(): string;
  export function weekday(): Day;
  /**
   * 0 to 23.
   */
  export function hour(): number;
  /**
   * 0 to 59.
   */
  export function minute(): number;
  /**
   * `YYYY-MM-DD`.
   */
  export function date(): string;
  /**
   * # Variants
   * 
   * ## `"monday"`
   * 
   * ## `"tuesday"`
   * 
   * ## `"wednesday"`
   * 
   * ## `"thursday"`
   * 
   * ## `"friday"`
   * 
   * ## `"saturday"`
   * 
   * ## `"sunday"`
   */
  export type Day = 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday';
}

declare module 'cartwright:plugin/messages@0.2.0' {
  export function countBetween(since: Instant, until: Instant): number;
  /**
   * When the last one was handed over.
   */
  export function lastAt(): Instant | null;
  /**
   * Those handed over in the range to which this happened, as far as the channel can report it.
   */
  export function reactedBetween(reaction: Reaction, since: Instant, until: Instant): number;
  export type Instant = import('cartwright:plugin/types@0.2.0').Instant;
  /**
   * What happened to a message; a later state implies those before it.
   * # Variants
   * 
   * ## `"delivered"`
   * 
   * ## `"read"`
   * 
   * ## `"clicked"`
   * 
   * ## `"replied"`
   */
  export type Reaction = 'delivered' | 'read' | 'clicked' | 'replied';
}

declare module 'cartwright:plugin/orders@0.2.0' {
  export function count(): number;
  /**
   * Orders that occurred at or after `since`.
   */
  export function countSince(since: Instant): number;
  export function countBetween(since: Instant, until: Instant): number;
  /**
   * Sum of order totals in the shop's currency; none without any order in that currency.
   */
  export function spent(): Money | null;
  export function spentBetween(since: Instant, until: Instant): Money | null;
  export function firstAt(): Instant | null;
  export function lastAt(): Instant | null;
  /**
   * Whether any order holds this SKU, variant or product id (exact).
   */
  export function hasBought(goods: string): boolean;
  export type Instant = import('cartwright:plugin/types@0.2.0').Instant;
  export type Money = import('cartwright:plugin/types@0.2.0').Money;
}

declare module 'cartwright:plugin/run@0.2.0' {
  /**
   * The first trigger event of the run.
   */
  export function startedAt(): Instant;
  /**
   * The step that asks.
   */
  export function step(): string;
  /**
   * The name of the strategy.
   */
  export function strategy(): string;
  /**
   * Messages of this run that were handed over.
   */
  export function messagesSent(): number;
  /**
   * What the shop's own server answered to an earlier webhook step, at a place of its JSON: `STEP.PATH`, such as
   * `score.risk.level`, as rules and templates write it behind `step.`. `none` where nothing stands there.
   */
  export function answer(place: string): Json | null;
  export type Instant = import('cartwright:plugin/types@0.2.0').Instant;
  export type Json = import('cartwright:plugin/types@0.2.0').Json;
}

declare module 'cartwright:plugin/secrets@0.2.0' {
  /**
   * Whether the shop has stored this secret for the connection.
   */
  export function isSet(name: string): boolean;
  /**
   * When it expires, where that is known.
   */
  export function expiresAt(name: string): Instant | null;
  /**
   * The keyed hash of `data`. None where the secret is not set.
   */
  export function sign(name: string, algorithm: Algorithm, data: Uint8Array): Uint8Array | null;
  /**
   * The hash of parts put together, some of them secrets; in the encoding, as text. None where one of the secrets
   * is not set. At least one part is bytes of the plugin's own: the hash of a secret alone is not given out.
   */
  export function digest(hash: Hash, parts: Array<Part>, encoding: Encoding): Uint8Array | null;
  /**
   * Compares, in constant time, a signature with the keyed hash of `data`. False where the secret is not set.
   */
  export function verify(name: string, algorithm: Algorithm, data: Uint8Array, signature: Uint8Array): boolean;
  /**
   * Compares, in constant time, a text with the secret itself (a verify token).
   */
  export function equals(name: string, value: string): boolean;
  export type Instant = import('cartwright:plugin/types@0.2.0').Instant;
  /**
   * # Variants
   * 
   * ## `"hmac-sha256"`
   * 
   * ## `"hmac-sha1"`
   * 
   * ## `"hmac-sha512"`
   */
  export type Algorithm = 'hmac-sha256' | 'hmac-sha1' | 'hmac-sha512';
  /**
   * # Variants
   * 
   * ## `"sha256"`
   * 
   * ## `"sha1"`
   * 
   * ## `"md5"`
   */
  export type Hash = 'sha256' | 'sha1' | 'md5';
  /**
   * A piece of what is hashed or signed.
   */
  export type Part = PartBytes | PartSecret;
  export interface PartBytes {
    tag: 'bytes',
    val: Uint8Array,
  }
  /**
   * A secret by name.
   */
  export interface PartSecret {
    tag: 'secret',
    val: string,
  }
  /**
   * # Variants
   * 
   * ## `"raw"`
   * 
   * ## `"hex"`
   * 
   * ## `"base64"`
   */
  export type Encoding = 'raw' | 'hex' | 'base64';
}

declare module 'cartwright:plugin/selector@0.2.0' {
  export function describe(): Descriptor;
  export function checkConfig(config: Json): void;
  /**
   * About the one subject that is present. 50 ms, 64 MiB.
   */
  export function select(): Choice;
  export type Descriptor = import('cartwright:plugin/types@0.2.0').Descriptor;
  export type Fault = import('cartwright:plugin/types@0.2.0').Fault;
  export type Json = import('cartwright:plugin/types@0.2.0').Json;
  export interface Variable {
    /**
     * A variable of the template, such as `headline`.
     */
    name: string,
    value: string,
  }
  export interface Choice {
    /**
     * Place of the chosen candidate; a place beyond the last counts as a failure of the plugin.
     */
    candidate: number,
    variables: Array<Variable>,
    reason?: string | null,
  }
}

declare module 'cartwright:plugin/source@0.2.0' {
  export function describe(): Descriptor;
  /**
   * The tasks that this source does.
   */
  export function tasks(): Array<Ability>;
  export function checkConfig(config: Json): void;
  export function verify(webhook: Webhook): Verification;
  /**
   * Only called for authentic webhooks. A malformed body is a fault `bad-input`: it is put aside.
   */
  export function parse(webhook: Webhook): Parsed;
  export function begin(task: Task): Step;
  export function resume(state: Uint8Array, responses: Array<Response>): Step;
  export type Descriptor = import('cartwright:plugin/types@0.2.0').Descriptor;
  export type Fault = import('cartwright:plugin/types@0.2.0').Fault;
  export type Instant = import('cartwright:plugin/types@0.2.0').Instant;
  export type Json = import('cartwright:plugin/types@0.2.0').Json;
  export type Request = import('cartwright:plugin/transport@0.2.0').Request;
  export type Response = import('cartwright:plugin/transport@0.2.0').Response;
  export type Webhook = import('cartwright:plugin/transport@0.2.0').Webhook;
  export type Verification = import('cartwright:plugin/transport@0.2.0').Verification;
  /**
   * A name by which the other system knows the subject: carts and customers are joined over them.
   */
  export interface Key {
    /**
     * `customer`, `cart`, `checkout`, `order`, `email`, `phone`, `anonymous`.
     */
    kind: string,
    value: string,
  }
  export interface Event {
    /**
     * The source's own id of the fact, the same when the fact is told again.
     */
    id: string,
    /**
     * `cart.updated`, `checkout.updated`, `order.placed`, `order.paid`, `order.cancelled`, `order.fulfilled`,
     * `order.delivered`, `customer.updated`, `customer.identified`, `product.updated`, or a custom name with a dot.
     */
    type: string,
    occurredAt: Instant,
    subject: Array<Key>,
    /**
     * The body of that type as `events.schema.json` in this folder says.
     */
    body: Json,
  }
  export type Parsed = ParsedEvents | ParsedUnknownTopic;
  export interface ParsedEvents {
    tag: 'events',
    val: Array<Event>,
  }
  /**
   * Authentic, but of a topic this source does not know: put aside, counted, shown.
   */
  export interface ParsedUnknownTopic {
    tag: 'unknown-topic',
    val: string,
  }
  /**
   * # Variants
   * 
   * ## `"poll"`
   * 
   * ## `"backfill"`
   * 
   * ## `"orders-of"`
   * 
   * ## `"subscribe"`
   * 
   * ## `"probe"`
   */
  export type TaskKind = 'poll' | 'backfill' | 'orders-of' | 'subscribe' | 'probe';
  /**
   * A task that the source does, and how often the host asks for it by itself.
   */
  export interface Ability {
    task: TaskKind,
    /**
     * Minutes between two; none leaves it to people and to need.
     */
    everyMinutes?: number | null,
  }
  /**
   * What is read again, or read from before the source was connected.
   * # Variants
   * 
   * ## `"customers"`
   * 
   * ## `"orders"`
   * 
   * ## `"products"`
   */
  export type BackfillKind = 'customers' | 'orders' | 'products';
  export interface Backfill {
    kind: BackfillKind,
    /**
     * Where the page before ended; none begins.
     */
    cursor?: string | null,
  }
  export type Task = TaskPoll | TaskBackfill | TaskOrdersOf | TaskSubscribe | TaskProbe;
  /**
   * What is new behind the cursor; none begins now.
   */
  export interface TaskPoll {
    tag: 'poll',
    val: string | null,
  }
  export interface TaskBackfill {
    tag: 'backfill',
    val: Backfill,
  }
  /**
   * The orders of these customers, carts or checkouts, read again before they are written to.
   */
  export interface TaskOrdersOf {
    tag: 'orders-of',
    val: Array<Key>,
  }
  /**
   * Registers the webhooks at the platform, with this address; doing it again changes nothing.
   */
  export interface TaskSubscribe {
    tag: 'subscribe',
    val: string,
  }
  /**
   * A harmless request that says whether the credentials work.
   */
  export interface TaskProbe {
    tag: 'probe',
  }
  export interface Page {
    events: Array<Event>,
    /**
     * For the next task. Of `poll`: where to go on next time, never none. Of `backfill`: none after the last.
     */
    cursor?: string | null,
  }
  export type RefusalKind = RefusalKindAuth | RefusalKindRateLimited | RefusalKindTransient | RefusalKindPermanent;
  /**
   * The credentials do not work (any more).
   */
  export interface RefusalKindAuth {
    tag: 'auth',
  }
  /**
   * Not before this instant; none leaves it to the host's back-off.
   */
  export interface RefusalKindRateLimited {
    tag: 'rate-limited',
    val: Instant | null,
  }
  /**
   * Worth another try.
   */
  export interface RefusalKindTransient {
    tag: 'transient',
  }
  /**
   * Not worth another try.
   */
  export interface RefusalKindPermanent {
    tag: 'permanent',
  }
  export interface Refusal {
    kind: RefusalKind,
    /**
     * The platform's code, such as `402`.
     */
    code?: string | null,
    text: string,
  }
  /**
   * What a task came to. Each task has one kind of result.
   */
  export type Completion = CompletionPage | CompletionOrders | CompletionSubscribed | CompletionProbed | CompletionFailed;
  /**
   * Of `poll` and `backfill`.
   */
  export interface CompletionPage {
    tag: 'page',
    val: Page,
  }
  /**
   * Of `orders-of`.
   */
  export interface CompletionOrders {
    tag: 'orders',
    val: Array<Event>,
  }
  /**
   * Of `subscribe`: the topics that are now told.
   */
  export interface CompletionSubscribed {
    tag: 'subscribed',
    val: Array<string>,
  }
  /**
   * Of `probe`: who we are to the platform, in its words.
   */
  export interface CompletionProbed {
    tag: 'probed',
    val: string,
  }
  /**
   * The platform refused, with its code and words.
   */
  export interface CompletionFailed {
    tag: 'failed',
    val: Refusal,
  }
  /**
   * The state is at most 64 KiB, opaque to the host and stored before the requests leave.
   */
  export interface Pending {
    requests: Array<Request>,
    state: Uint8Array,
  }
  export type Step = StepCall | StepDone;
  /**
   * Make these requests (at most 4), then call `resume` with this state and the answers in the same order.
   */
  export interface StepCall {
    tag: 'call',
    val: Pending,
  }
  export interface StepDone {
    tag: 'done',
    val: Completion,
  }
}

declare module 'cartwright:plugin/transport@0.2.0' {
  export type Json = import('cartwright:plugin/types@0.2.0').Json;
  /**
   * Whether a request may be repeated after a crash.
   * # Variants
   * 
   * ## `"none"`
   * 
   * It changes nothing: repeated when no answer was stored.
   * ## `"send"`
   * 
   * It sends the message. At most one per message; `handed-over` is committed before it leaves.
   */
  export type Effect = 'none' | 'send';
  export interface Header {
    name: string,
    value: string,
  }
  export interface HttpRequest {
    /**
     * Upper case.
     */
    method: string,
    /**
     * Absolute, https (http only where the operator allows the host).
     */
    url: string,
    headers: Array<Header>,
    /**
     * At most 1 MiB.
     */
    body: Uint8Array,
  }
  export interface Mail {
    /**
     * `smtp://host:port` or `smtps://host:port`, a granted host.
     */
    server: string,
    /**
     * Secret names for AUTH; none sends without login.
     */
    usernameSecret?: string | null,
    passwordSecret?: string | null,
    envelopeFrom: string,
    envelopeTo: string,
    /**
     * RFC 5322 header fields in order, without line breaks in the values; the host adds Date and MIME.
     */
    headers: Array<Header>,
    text: string,
    html?: string | null,
  }
  /**
   * One entry of the shop's local inbox, stored under the message's id: making it twice makes it once.
   */
  export interface InboxEntry {
    to: string,
    /**
     * The message as the inbox shows it: `text`, `image`, `buttons`.
     */
    document: Json,
  }
  export type Action = ActionHttp | ActionMail | ActionInbox;
  export interface ActionHttp {
    tag: 'http',
    val: HttpRequest,
  }
  export interface ActionMail {
    tag: 'mail',
    val: Mail,
  }
  export interface ActionInbox {
    tag: 'inbox',
    val: InboxEntry,
  }
  /**
   * A secret that the provider gives, such as an access token. The host stores it under the name before it hands
   * the answer on, and puts `{secret:name}` in its place in the body. Only for JSON answers with a 2xx status.
   */
  export interface Capture {
    /**
     * JSON pointer of the secret in the body, such as `/access_token`.
     */
    pointer: string,
    /**
     * A declared and granted secret.
     */
    name: string,
    /**
     * JSON pointer of the seconds until it expires, such as `/expires_in`.
     */
    expiresIn?: string | null,
  }
  export interface Request {
    effect: Effect,
    action: Action,
    /**
     * Secrets to take out of the answer before the plugin sees it.
     */
    captures: Array<Capture>,
  }
  export interface HttpResponse {
    status: number,
    headers: Array<Header>,
    /**
     * At most 1 MiB; a longer body arrives as `failure.too-large`.
     */
    body: Uint8Array,
  }
  export interface MailResponse {
    /**
     * SMTP reply code for the recipient, such as 250 or 550.
     */
    code: number,
    /**
     * Enhanced status code of RFC 3463, such as `5.1.1`.
     */
    enhanced?: string | null,
    text: string,
  }
  /**
   * Why there is no answer.
   */
  export type Failure = FailureNotSent | FailureNoAnswer | FailureTooLarge | FailureRefused;
  /**
   * Refused connection, DNS, TLS or any error before the request was written: nothing was sent.
   */
  export interface FailureNotSent {
    tag: 'not-sent',
    val: string,
  }
  /**
   * The request was written and no complete answer came: it may have been acted on.
   */
  export interface FailureNoAnswer {
    tag: 'no-answer',
    val: string,
  }
  /**
   * The answer exceeded its cap.
   */
  export interface FailureTooLarge {
    tag: 'too-large',
    val: number,
  }
  /**
   * The host did not make the request: not granted, not allowed, malformed.
   */
  export interface FailureRefused {
    tag: 'refused',
    val: string,
  }
  export type Response = ResponseHttp | ResponseMail | ResponseInbox | ResponseFailed;
  export interface ResponseHttp {
    tag: 'http',
    val: HttpResponse,
  }
  export interface ResponseMail {
    tag: 'mail',
    val: MailResponse,
  }
  /**
   * The entry is in the inbox.
   */
  export interface ResponseInbox {
    tag: 'inbox',
  }
  export interface ResponseFailed {
    tag: 'failed',
    val: Failure,
  }
  /**
   * A webhook as it arrived, not yet trusted.
   */
  export interface Webhook {
    method: string,
    /**
     * Path below the connection's own address, with the query.
     */
    path: string,
    /**
     * Names in lower case, in the order received.
     */
    headers: Array<Header>,
    body: Uint8Array,
  }
  /**
   * What the host answers to a webhook: the provider's handshake, or plain 200.
   */
  export interface Reply {
    status: number,
    contentType: string,
    body: Uint8Array,
  }
  export type Verification = VerificationAuthentic | VerificationHandshake | VerificationRefused;
  /**
   * Signed by the other side; process it.
   */
  export interface VerificationAuthentic {
    tag: 'authentic',
  }
  /**
   * A handshake: answer this and process nothing.
   */
  export interface VerificationHandshake {
    tag: 'handshake',
    val: Reply,
  }
  /**
   * Not signed by the other side, with the reason for the operator's log. The host answers 401.
   */
  export interface VerificationRefused {
    tag: 'refused',
    val: string,
  }
}

declare module 'cartwright:plugin/types@0.2.0' {
  /**
   * Milliseconds since 1970-01-01T00:00:00Z.
   */
  export type Instant = number;
  /**
   * A JSON document in UTF-8.
   */
  export type Json = string;
  /**
   * An amount of one currency. Amounts of different currencies are never added.
   */
  export interface Money {
    /**
     * Minor units of the currency (1999 = 19.99 USD; 1999 = 1999 VND).
     */
    minor: number,
    /**
     * ISO 4217 code in capitals, such as `EUR`.
     */
    currency: string,
  }
  /**
   * # Variants
   * 
   * ## `"bad-config"`
   * 
   * The saved configuration does not fit; `message` names the field.
   * ## `"bad-input"`
   * 
   * The input is not what this plugin understands.
   * ## `"missing-fact"`
   * 
   * A fact this plugin cannot do without is absent for this subject.
   * ## `"not-supported"`
   * 
   * The task or input is of a kind that this plugin does not do.
   * ## `"internal"`
   * 
   * Anything else; a bug of the plugin.
   */
  export type FaultKind = 'bad-config' | 'bad-input' | 'missing-fact' | 'not-supported' | 'internal';
  /**
   * Why a plugin could not do what it was asked for. A fault is an answer: it is not retried on the same input,
   * and the strategy's `on_error` decides what happens next. A trap or a time-out is not a fault.
   */
  export interface Fault {
    kind: FaultKind,
    /**
     * One sentence for the person who configured the plugin: what is wrong and what to do.
     */
    message: string,
  }
  /**
   * # Variants
   * 
   * ## `"per-batch"`
   * 
   * One fresh instance for each batch; each of its subjects is a call of its own. The usual.
   * ## `"per-subject"`
   * 
   * One fresh instance for each subject: dearer, for languages whose run-time cannot be called twice (Go).
   */
  export type Instances = 'per-batch' | 'per-subject';
  export interface FactNeed {
    /**
     * `interface.function`, such as `orders.count`; `orders.*` asks for all of an interface.
     */
    fact: string,
    /**
     * For facts over a range: how far back it looks at most, in days; none asks for everything. Looking further
     * back is a fault `fact-not-declared`. The host loads no more than this.
     */
    withinDays?: number | null,
    /**
     * Why, for the person who grants it.
     */
    why: string,
  }
  export interface HostNeed {
    /**
     * A host name (`graph.facebook.com`), or `{config:/pointer}` where the configuration names it.
     */
    host: string,
    /**
     * Upper-case HTTP methods; `SMTP` for mail.
     */
    methods: Array<string>,
    /**
     * Requests outside this prefix are refused; `/` allows the whole host.
     */
    pathPrefix: string,
    /**
     * Requests a minute that it needs at most; none leaves it to the shop.
     */
    perMinute?: number | null,
    why: string,
  }
  export interface SecretNeed {
    /**
     * The name that placeholders use: `{secret:name}`.
     */
    name: string,
    title: string,
    why: string,
  }
  /**
   * What a plugin says about itself. It is read once at upload, must be the same at every call, and holds
   * everything the host checks before the plugin may run; name, version, licence and authors stand in the
   * component's own metadata sections, not here.
   */
  export interface Descriptor {
    /**
     * What a merchant reads in a list, such as `High value customer`.
     */
    title: string,
    /**
     * One or two sentences: what it decides or does.
     */
    summary: string,
    /**
     * JSON Schema 2020-12 of the configuration; `{}` accepts anything.
     */
    configSchema: Json,
    /**
     * The facts it reads, as `interface.function` (`orders.count`); reading another is a fault `fact-not-declared`.
     */
    facts: Array<FactNeed>,
    /**
     * The hosts its requests go to; empty for pure decisions.
     */
    hosts: Array<HostNeed>,
    /**
     * The secrets it needs by name.
     */
    secrets: Array<SecretNeed>,
    /**
     * Its own words: `{"": {"headline": "Your cart"}, "vi": {"headline": "Giỏ hàng"}}`; `{}` for none. Read
     * with `words.translate`; the entry without a language is what everything falls back to.
     */
    translations: Json,
    /**
     * Whether one instance may decide for many subjects.
     */
    instances: Instances,
  }
}

declare module 'cartwright:plugin/words@0.2.0' {
  /**
   * The text of a key in a language, such as `zh-TW`. A language that is not there falls back to its script
   * (`zh-Hant`), then to the translations without a language; none where nobody has the key. `zh-Hant` never
   * falls back to `zh-Hans`.
   */
  export function translate(key: string, language: string): string | null;
}
