/**
 * How an exchange broke down. `transient`: another try may help. `protocol`: the other side speaks something else
 * (TLS or plain). `refused`: nothing listens there, or a proxy does not lead there. `late`: it took too long. `final`: no
 * other try would end differently.
 */
export type Breakdown = "transient" | "protocol" | "refused" | "late" | "final";
