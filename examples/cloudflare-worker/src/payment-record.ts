// A Durable Object for each payment that may have been made. If you have a database, use that, with a unique key.
import { DurableObject } from "cloudflare:workers";

export class PaymentRecord extends DurableObject {
  /** Writes the order down. Returns `false` if an order was written down before. */
  async claim(order: object): Promise<boolean> {
    if ((await this.ctx.storage.get("order")) !== undefined) {
      return false;
    }
    await this.ctx.storage.put("order", order);
    return true;
  }

  /** Removes the record: the payment was not made. */
  async release(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }
}
