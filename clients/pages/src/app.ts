/** /apps/<id> and its pages that only show: nothing is done here but what every page does. */
import { startUserPage } from "./ui/page";

startUserPage();
