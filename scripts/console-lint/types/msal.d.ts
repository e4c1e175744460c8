// MSAL.js in the page: each of its files leaves one name behind.

declare var msal: typeof import("@azure/msal-browser");
declare var msalRedirectBridge: { broadcastResponseToMainFrame(): Promise<void> };
